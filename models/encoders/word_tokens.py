"""Token ids of plain texts word by word: to a BERT's tokeniser a word is the same in every text, and words repeat."""

import re

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

Span = tuple[int, int]

# In a text of these characters alone, words are runs of letters and digits; all that is no space is a word by
# itself. They stay as they are but for their case.
_PLAIN = r"\t\n\r -~‘’“”–—…"
_PLAIN_BUT_BRACKET = _PLAIN.replace("-~", r"-Z\\-~")
_WORD = re.compile(r"[A-Za-z0-9]+|\S")

_MOST_WORDS = 1 << 16
_LONGEST_WORD = 32


def is_word_by_word(tokenizer: Tokenizer) -> bool:
    """Whether a tokenizer takes texts for words as a BERT's does, and special tokens only as they are written."""
    return (
        isinstance(tokenizer.normalizer, BertNormalizer)
        and isinstance(tokenizer.pre_tokenizer, BertPreTokenizer)
        and isinstance(tokenizer.model, WordPiece)
        and all(
            token.content.startswith("[") and not token.normalized
            for token in tokenizer.get_added_tokens_decoder().values()
        )
    )


class WordTokens(dict[str, tuple[int, ...]]):
    """The token ids of words; those not met before are asked of the tokenizer. Thread-safe.

    Args:
        tokenizer: one that `is_word_by_word`.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer
        special = "|".join(
            re.escape(token.content[1:]) for token in tokenizer.get_added_tokens_decoder().values()
        )
        # Begins with a set of characters because the engine skips to those fastest.
        self._not_plain = re.compile(rf"[^{_PLAIN_BUT_BRACKET}](?:(?<!\[)|{special or '(?!)'})")

    def __missing__(self, word: str) -> tuple[int, ...]:
        ids = tuple(self._tokenizer.encode(word, add_special_tokens=False).ids)
        if len(word) <= _LONGEST_WORD:
            if len(self) >= _MOST_WORDS:
                self.clear()
            self[word] = ids
        return ids

    def can_read(self, text: str) -> bool:
        """Whether a text is plain, and names no special token."""
        return self._not_plain.search(text) is None

    def of(self, text: str, start: int, end: int) -> list[int]:
        """Ids of `text[start:end]`, which begins and ends between words; of a text that it can read."""
        ids: list[int] = []
        for of_word in map(self.__getitem__, _WORD.findall(text, start, end)):
            ids += of_word
        return ids

    def place_of(self, token: int, text: str, start: int, end: int) -> Span | None:
        """Where in the text a token of `text[start:end]` stands; None where it has fewer."""
        for word in _WORD.finditer(text, start, end):
            ids = self[word[0]]
            if token < len(ids):
                if len(ids) == 1:
                    return word.span()
                begin, stop = self._tokenizer.encode(word[0], add_special_tokens=False).offsets[token]
                return word.start() + begin, word.start() + stop
            token -= len(ids)
        return None
