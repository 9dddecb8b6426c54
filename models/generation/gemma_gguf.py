"""Gemma 3 networks for text (Gemma Team 2025) in GGUF files. Names are llama.cpp's (convert_hf_to_gguf.py), undone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.generation.gguf_files import (
    LAYER,
    PROJECTION_NAMES,
    open_gguf,
    shape_config,
    tokenizer_config,
    tokens_config,
    write_checkpoint,
)
from models.generation.scored_pieces import scored_tokenizer

_LAYER_NAMES = {
    **PROJECTION_NAMES,
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
_OTHER_NAMES = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}

# Of all Gemma 3 networks; the files do not say it.
_LOCAL_ROPE_BASE = 10_000.0
_LAYERS_FOR_ONE_GLOBAL = 6


def convert_gemma(source: Path, directory: Path) -> None:
    """Write a checkpoint as `models.generation.gguf_files.write_checkpoint` does.

    Args:
        source: a GGUF file of a Gemma 3 network that reads text alone.
        directory: which is there.

    Raises:
        ModelConfigurationError: package gguf is not installed, or the network is another one.
        DamagedModelError: the file cannot be read.
    """
    file = open_gguf(source)
    file.require(architecture="gemma3", model="llama")
    fields = file.fields
    write_checkpoint(
        directory,
        weights=dict(_renamed(name, values) for name, values in file.tensors()),
        config=_config(fields),
        tokenizer=scored_tokenizer(fields),
        tokenizer_config=tokenizer_config(fields, positions=fields["gemma3.context_length"]),
    )


def _renamed(name: str, values: NDArray[np.float32]) -> tuple[str, NDArray[np.float32]]:
    if "norm" in name:
        # llama.cpp multiplies by the weight, transformers by the weight and one.
        values = values - 1.0
    layer = LAYER.fullmatch(name)
    if layer is None:
        return _OTHER_NAMES[name], values
    return f"model.layers.{layer[1]}.{_LAYER_NAMES[layer[2]]}.weight", values


def _config(fields: Mapping[str, Any]) -> dict[str, Any]:
    layers = fields["gemma3.block_count"]
    width = fields["gemma3.attention.key_length"]
    return {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        **shape_config(fields, "gemma3"),
        "head_dim": width,
        "query_pre_attn_scalar": width,
        "hidden_activation": "gelu_pytorch_tanh",
        "sliding_window": fields["gemma3.attention.sliding_window"],
        "layer_types": [
            "sliding_attention" if (layer + 1) % _LAYERS_FOR_ONE_GLOBAL else "full_attention"
            for layer in range(layers)
        ],
        "rope_parameters": {
            "full_attention": {"rope_type": "default", "rope_theta": fields["gemma3.rope.freq_base"]},
            "sliding_attention": {"rope_type": "default", "rope_theta": _LOCAL_ROPE_BASE},
        },
        "tie_word_embeddings": True,
        **tokens_config(fields),
    }
