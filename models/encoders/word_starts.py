"""Which tokens of a vocabulary begin a word: WordPiece, byte-level BPE, and pieces with a mark for a space."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.text.scripts import dominant_script

# Nothing stands between the words of these, so an opinion may begin or end at any of their tokens.
_WITHOUT_SPACES = frozenset({"han", "kana", "thai", "lao", "khmer", "burmese"})
_SPACE_MARK = "▁"
_BYTE_PIECE = re.compile(r"<0x([0-9A-F]{2})>")
# Of UTF-8: bytes within a character, and first bytes of two that make a letter of an alphabet, such as é or я.
_WITHIN_CHARACTER = range(0x80, 0xC0)
_FIRST_OF_LETTER = range(0xC3, 0xE0)


def continues_word(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """(vocabulary,), true for tokens that go on with the word of the token before.

    Where words are parted by spaces these are the letters and digits that begin with none. All else begins a word;
    so does every token of a vocabulary that marks words by their ends.
    """
    vocabulary = tokenizer.get_vocab()
    goes_on = np.zeros(max(vocabulary.values()) + 1, dtype=np.bool_)
    rule = _rule_of(json.loads(tokenizer.to_str()))
    special = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    for piece, number in vocabulary.items():
        goes_on[number] = number not in special and rule(piece)
    return goes_on


def _rule_of(content: Mapping[str, Any]) -> Callable[[str], bool]:
    """What tells of a piece whether it continues a word, by how the tokenizer takes texts apart."""
    model = content["model"]
    if model["type"] == "WordPiece":
        prefix = model["continuing_subword_prefix"]
        return lambda piece: piece.startswith(prefix)
    parts = [content.get(part) for part in ("normalizer", "pre_tokenizer", "decoder")]
    if '"ByteLevel"' in json.dumps(parts):
        byte_of = _byte_of_character()
        return lambda piece: _bytes_continue(bytes(byte_of.get(one, 0x20) for one in piece))
    if model["type"] == "Unigram" or _SPACE_MARK in json.dumps(parts, ensure_ascii=False):
        return _piece_continues
    return lambda _piece: False


def _piece_continues(piece: str) -> bool:
    octet = _BYTE_PIECE.fullmatch(piece)
    if octet is not None:
        return _bytes_continue(bytes([int(octet[1], 16)]))
    return not piece.startswith(_SPACE_MARK) and _is_within_word(piece[:1])


def _bytes_continue(piece: bytes) -> bool:
    if piece and piece[0] in _WITHIN_CHARACTER:
        return True
    characters = piece.decode(errors="ignore")
    if not characters or characters.encode() != piece[: len(characters.encode())]:
        return bool(piece) and piece[0] in _FIRST_OF_LETTER
    return _is_within_word(characters[0])


def _is_within_word(character: str) -> bool:
    return character.isalnum() and dominant_script(character) not in _WITHOUT_SPACES


def _byte_of_character() -> dict[str, int]:
    """Of the characters that stand for bytes in a byte-level vocabulary (Radford et al. 2019)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [octet for octet in range(0x100) if octet not in set(printable)]
    return {chr(octet): octet for octet in printable} | {
        chr(0x100 + rank): octet for rank, octet in enumerate(others)
    }
