"""The tokens that a model's tokenizer spells a word with, at the beginning of a text and within one."""

from collections.abc import Iterable

from tokenizers import Tokenizer

# Texts whose tokens stay the same whatever follows, tried in turn.
_ANCHORS = ("a", "it", "x", "了", "的")

_MOST_WORDS = 1 << 14


class Speller:
    """Words to tokens; what was asked before is remembered. Not thread-safe.

    Args:
        tokenizer: of any kind.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._within: dict[str, tuple[int, ...] | None] = {}

    def within(self, text: str) -> tuple[int, ...] | None:
        """The tokens of a text that follows another one; None where the tokenizer cannot write it."""
        if text not in self._within:
            if len(self._within) >= _MOST_WORDS:
                self._within.clear()
            self._within[text] = self._after_an_anchor(text)
        return self._within[text]

    def at_start(self, text: str) -> tuple[int, ...] | None:
        """The tokens of a text that nothing stands before; None where the tokenizer cannot write it."""
        tokens = self._tokens(text)
        return tuple(tokens) if self._tokenizer.decode(tokens).strip() == text else None

    def single(self, marks: Iterable[str]) -> frozenset[int]:
        """The tokens of those marks that are spelled with one."""
        found = map(self.within, marks)
        return frozenset(tokens[0] for tokens in found if tokens is not None and len(tokens) == 1)

    def text(self, tokens: list[int]) -> str:
        """What tokens spell, without special ones."""
        return self._tokenizer.decode(tokens)

    def _after_an_anchor(self, text: str) -> tuple[int, ...] | None:
        for anchor in _ANCHORS:
            before = self._tokens(anchor)
            both = self._tokens(anchor + text)
            if both[: len(before)] == before and self._tokenizer.decode(both) == anchor + text:
                return tuple(both[len(before) :])
        return None

    def _tokens(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids
