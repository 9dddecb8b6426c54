"""Llama networks in GGUF files. Names and order of the rows are llama.cpp's (convert_hf_to_gguf.py), undone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from models.generation.gguf_files import (
    CONTROL_TOKEN,
    LAYER,
    PROJECTION_NAMES,
    open_gguf,
    shape_config,
    tokenizer_config,
    tokens_config,
    write_checkpoint,
)

_LAYER_NAMES = {
    **PROJECTION_NAMES,
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_OTHER_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


def convert_llama(source: Path, directory: Path) -> None:
    """Write a checkpoint as `models.generation.gguf_files.write_checkpoint` does.

    Args:
        source: a GGUF file of a Llama network with a byte-level tokenizer that splits numbers into digits.
        directory: which is there.

    Raises:
        ModelConfigurationError: package gguf is not installed, or the network is another one.
        DamagedModelError: the file cannot be read.
    """
    file = open_gguf(source)
    file.require(architecture="llama", model="gpt2", pre="smollm")
    fields = file.fields
    weights = dict(_renamed(name, values, fields) for name, values in file.tensors())
    write_checkpoint(
        directory,
        weights=weights,
        config=_config(fields, tied="lm_head.weight" not in weights),
        tokenizer=_tokenizer(fields),
        tokenizer_config=tokenizer_config(fields, positions=fields["llama.context_length"]),
    )


def _renamed(
    name: str, values: NDArray[np.float32], fields: Mapping[str, Any]
) -> tuple[str, NDArray[np.float32]]:
    layer = LAYER.fullmatch(name)
    if layer is None:
        return _OTHER_NAMES[name], values
    heads = {
        "attn_q": fields["llama.attention.head_count"],
        "attn_k": fields["llama.attention.head_count_kv"],
    }
    if layer[2] in heads:
        values = _rows_in_order(values, heads[layer[2]])
    return f"model.layers.{layer[1]}.{_LAYER_NAMES[layer[2]]}.weight", values


def _rows_in_order(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """llama.cpp rotates neighbouring rows, transformers those half a head apart: (heads * width, inputs)."""
    pairs = values.reshape(heads, values.shape[0] // heads // 2, 2, values.shape[1])
    return pairs.swapaxes(1, 2).reshape(values.shape)


def _config(fields: Mapping[str, Any], *, tied: bool) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **shape_config(fields, "llama"),
        "head_dim": fields["llama.embedding_length"] // fields["llama.attention.head_count"],
        "hidden_act": "silu",
        "rope_parameters": {"rope_type": "default", "rope_theta": fields["llama.rope.freq_base"]},
        "tie_word_embeddings": tied,
        **tokens_config(fields),
    }


def _tokenizer(fields: Mapping[str, Any]) -> Tokenizer:
    pieces = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({piece: index for index, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = fields["tokenizer.ggml.token_type"]
    special = [piece for piece, kind in zip(pieces, kinds, strict=True) if kind == CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    return tokenizer
