"""Llama networks in GGUF files, written anew as transformers and tokenizers know them.

transformers reads such files too, to the same weights, but needs accelerate for it and some times as long, and does not
save what it has read. The names and the order of the rows are those of llama.cpp (convert_hf_to_gguf.py), undone.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from models.errors import DamagedModelError, ModelConfigurationError

_LAYER = re.compile(r"blk\.(\d+)\.(\w+)\.weight")
_LAYER_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OTHER_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}

_CONTROL_TOKEN = 3


def convert_llama(source: Path, directory: Path) -> None:
    """Write config.json, model.safetensors (bfloat16), tokenizer.json and tokenizer_config.json.

    Args:
        source: a GGUF file of a Llama network with a byte-level tokenizer that splits numbers into digits.
        directory: which is there.

    Raises:
        ModelConfigurationError: package gguf is not installed, or the network is another one.
        DamagedModelError: the file cannot be read.
    """
    try:
        from gguf import GGUFReader  # noqa: PLC0415 - an extra, and only for the conversion
    except ImportError as error:
        raise ModelConfigurationError(
            "a GGUF file is read with package gguf, which is not installed: run `pip install gguf`"
        ) from error
    try:
        reader = GGUFReader(source)
        fields = {name: field.contents() for name, field in reader.fields.items()}
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise DamagedModelError(
            f"{source} cannot be read as GGUF ({error}): install its package again"
        ) from error
    kind = tuple(
        fields.get(key) for key in ("general.architecture", "tokenizer.ggml.model", "tokenizer.ggml.pre")
    )
    if kind != ("llama", "gpt2", "smollm"):
        raise ModelConfigurationError(f"{source}: wanted a llama with tokenizer gpt2, smollm; got {kind}")
    weights = {name: tensor.to(torch.bfloat16) for name, tensor in _tensors(reader, fields)}
    config = _config(fields, tied="lm_head.weight" not in weights)
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    _write_json(directory / "config.json", config)
    _tokenizer(fields).save(str(directory / "tokenizer.json"))
    _write_json(directory / "tokenizer_config.json", _tokenizer_config(fields))


def _tensors(reader: Any, fields: dict[str, Any]) -> Iterator[tuple[str, Tensor]]:
    from gguf.quants import dequantize  # noqa: PLC0415 - as above

    heads = {
        "attn_q": fields["llama.attention.head_count"],
        "attn_k": fields["llama.attention.head_count_kv"],
    }
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32, copy=False)
        layer = _LAYER.fullmatch(tensor.name)
        if layer is None:
            yield _OTHER_NAMES[tensor.name], torch.from_numpy(values.copy())
            continue
        if layer[2] in heads:
            values = _rows_in_order(values, heads[layer[2]])
        yield f"model.layers.{layer[1]}.{_LAYER_NAMES[layer[2]]}.weight", torch.from_numpy(values.copy())


def _rows_in_order(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """llama.cpp rotates neighbouring rows, transformers those half a head apart: (heads * width, inputs)."""
    pairs = values.reshape(heads, values.shape[0] // heads // 2, 2, values.shape[1])
    return pairs.swapaxes(1, 2).reshape(values.shape)


def _config(fields: dict[str, Any], *, tied: bool) -> dict[str, Any]:
    heads = fields["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
        "hidden_size": fields["llama.embedding_length"],
        "intermediate_size": fields["llama.feed_forward_length"],
        "num_hidden_layers": fields["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "head_dim": fields["llama.embedding_length"] // heads,
        "hidden_act": "silu",
        "max_position_embeddings": fields["llama.context_length"],
        "rms_norm_eps": fields["llama.attention.layer_norm_rms_epsilon"],
        "rope_parameters": {"rope_type": "default", "rope_theta": fields["llama.rope.freq_base"]},
        "tie_word_embeddings": tied,
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
        "dtype": "bfloat16",
    }


def _tokenizer(fields: dict[str, Any]) -> Tokenizer:
    pieces = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({piece: index for index, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = fields["tokenizer.ggml.token_type"]
    special = [piece for piece, kind in zip(pieces, kinds, strict=True) if kind == _CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    return tokenizer


def _tokenizer_config(fields: dict[str, Any]) -> dict[str, Any]:
    pieces = fields["tokenizer.ggml.tokens"]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": pieces[fields["tokenizer.ggml.bos_token_id"]],
        "eos_token": pieces[fields["tokenizer.ggml.eos_token_id"]],
        "pad_token": pieces[fields["tokenizer.ggml.padding_token_id"]],
        "unk_token": pieces[fields["tokenizer.ggml.unknown_token_id"]],
        "chat_template": fields["tokenizer.chat_template"],
        "clean_up_tokenization_spaces": False,
        "model_max_length": fields["llama.context_length"],
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
