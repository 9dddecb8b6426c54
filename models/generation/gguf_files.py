"""Read GGUF files, and write what was in them as transformers and tokenizers know it.

transformers reads such files too, but needs accelerate for it and some times as long, does not save what it has read,
and makes another tokenizer of scored pieces than the model was trained with.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor

from models.errors import DamagedModelError, ModelConfigurationError

#: Kinds of tokens in `tokenizer.ggml.token_type`.
CONTROL_TOKEN, USER_TOKEN, BYTE_TOKEN = 3, 4, 6


class GgufFile(NamedTuple):
    """An open file.

    Attributes:
        path: of it.
        fields: its settings by name.
        reader: of package gguf.
    """

    path: Path
    fields: Mapping[str, Any]
    reader: Any

    def tensors(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Its weights, by llama.cpp's names."""
        from gguf.quants import dequantize  # noqa: PLC0415 - an extra, and only for the conversion

        for tensor in self.reader.tensors:
            # A copy, for what is not quantised is a part of the file.
            yield tensor.name, dequantize(tensor.data, tensor.tensor_type).astype(np.float32)

    def require(self, **wanted: str) -> None:
        """Check its architecture, tokenizer and pre-tokenizer.

        Raises:
            ModelConfigurationError: it has others.
        """
        keys = {
            "architecture": "general.architecture",
            "model": "tokenizer.ggml.model",
            "pre": "tokenizer.ggml.pre",
        }
        got = {name: self.fields.get(keys[name]) for name in wanted}
        if got != wanted:
            raise ModelConfigurationError(f"{self.path}: wanted {wanted}, got {got}")


def open_gguf(source: Path) -> GgufFile:
    """Open a file.

    Raises:
        ModelConfigurationError: package gguf is not installed.
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
    return GgufFile(source, fields, reader)


def write_checkpoint(
    directory: Path,
    *,
    weights: Mapping[str, NDArray[np.float32]],
    config: Mapping[str, Any],
    tokenizer: Tokenizer,
    tokenizer_config: Mapping[str, Any],
) -> None:
    """Write config.json, model.safetensors (bfloat16), tokenizer.json and tokenizer_config.json."""
    save_file(
        {name: _bfloat16(values) for name, values in weights.items()},
        directory / "model.safetensors",
        metadata={"format": "pt"},
    )
    _write_json(directory / "config.json", {**config, "dtype": "bfloat16"})
    tokenizer.save(str(directory / "tokenizer.json"))
    _write_json(directory / "tokenizer_config.json", tokenizer_config)


#: llama.cpp's name of a decoder's tensor: layer, part.
LAYER = re.compile(r"blk\.(\d+)\.(\w+)\.weight")
#: Parts that every decoder's layer has, as transformers names them.
PROJECTION_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attn_q": "self_attn.q_proj",
        "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj",
        "ffn_gate": "mlp.gate_proj",
        "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    }
)


def shape_config(fields: Mapping[str, Any], architecture: str) -> dict[str, Any]:
    """What a configuration says of a decoder's size, from the fields of its architecture."""
    return {
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
        "hidden_size": fields[f"{architecture}.embedding_length"],
        "intermediate_size": fields[f"{architecture}.feed_forward_length"],
        "num_hidden_layers": fields[f"{architecture}.block_count"],
        "num_attention_heads": fields[f"{architecture}.attention.head_count"],
        "num_key_value_heads": fields[f"{architecture}.attention.head_count_kv"],
        "max_position_embeddings": fields[f"{architecture}.context_length"],
        "rms_norm_eps": fields[f"{architecture}.attention.layer_norm_rms_epsilon"],
    }


def tokens_config(fields: Mapping[str, Any]) -> dict[str, int]:
    """The numbers of the tokens that a config names."""
    return {
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
    }


def tokenizer_config(fields: Mapping[str, Any], *, positions: int) -> dict[str, Any]:
    """What stands beside tokenizer.json; a chat template if the file has one."""
    pieces = fields["tokenizer.ggml.tokens"]
    content = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": pieces[fields["tokenizer.ggml.bos_token_id"]],
        "eos_token": pieces[fields["tokenizer.ggml.eos_token_id"]],
        "pad_token": pieces[fields["tokenizer.ggml.padding_token_id"]],
        "unk_token": pieces[fields["tokenizer.ggml.unknown_token_id"]],
        "clean_up_tokenization_spaces": False,
        "model_max_length": positions,
    }
    if template := fields.get("tokenizer.chat_template"):
        content["chat_template"] = template
    return content


def _bfloat16(values: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(torch.bfloat16)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
