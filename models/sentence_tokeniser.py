"""Text to token ids by sentence, in windows that fit the encoder's positions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tokenizers import Encoding, Tokenizer

from models.emoji import emoji_tokenizer, has_emoji
from models.sentences import Span, split_sentences


@dataclass(frozen=True, slots=True)
class TokenisedSentence:
    """A sentence's place in its text, in code points, and how many tokens it has."""

    start: int
    end: int
    tokens: int
    _first: int
    _base: int
    _encoding: Encoding

    def place_of(self, token: int) -> Span:
        """Where in the text a token of the sentence stands; asked of few tokens, so found only when asked."""
        place = self._encoding.token_to_chars(self._first + token)
        if place is None:
            raise IndexError(f"wanted a token below {self.tokens}, got {token}")
        return self._base + place[0], self._base + place[1]


@dataclass(frozen=True, slots=True)
class TokenisedText:
    """Token ids of one text; len() is their total.

    Attributes:
        text: what was tokenised.
        windows: ids, each between the two special tokens.
        sentences: in order; end to end their tokens are the windows' without the special ones. A sentence
            too long for a window counts as several.
    """

    text: str
    windows: tuple[Sequence[int], ...]
    sentences: tuple[TokenisedSentence, ...]

    def __len__(self) -> int:
        return sum(map(len, self.windows))


class SentenceTokeniser:
    """Tokenises without padding and without cutting: where a window is full the next sentence opens another.

    Args:
        tokenizer: of a BERT; copied, so that nobody else's settings change.
        window_tokens: length of a window, the special tokens included.
    """

    def __init__(self, tokenizer: Tokenizer, window_tokens: int) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._emoji_tokenizer = emoji_tokenizer(self._tokenizer)
        self._room = window_tokens - 2
        first, last = (tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
        if first is None or last is None:
            raise ValueError("the tokenizer has no [CLS] and [SEP]: it is not of a BERT")
        self._first, self._last = first, last

    def __call__(self, texts: Sequence[str]) -> list[TokenisedText]:
        """Token ids of each text, in order. Safe from any thread."""
        spans = [split_sentences(text) for text in texts]
        pieces = [
            text[start:end] for text, of_text in zip(texts, spans, strict=True) for start, end in of_text
        ]
        # All at once: unlike `encode`, this lets go of the interpreter lock, which the threads that compute need
        # between any two operations.
        encodings = self._tokenizer.encode_batch(pieces, add_special_tokens=False)
        for index, piece in enumerate(pieces):
            if has_emoji(piece):
                encodings[index] = self._emoji_tokenizer.encode(piece, add_special_tokens=False)
        encoded = iter(encodings)
        return [
            self._assemble(text, [(start, end, next(encoded)) for start, end in of_text])
            for text, of_text in zip(texts, spans, strict=True)
        ]

    def _assemble(self, text: str, encoded: Sequence[tuple[int, int, Encoding]]) -> TokenisedText:
        sentences: list[TokenisedSentence] = []
        windows: list[list[int]] = [[self._first]]
        for ids, sentence in self._pieces(encoded):
            if len(windows[-1]) - 1 + len(ids) > self._room:
                windows[-1].append(self._last)
                windows.append([self._first])
            windows[-1].extend(ids)
            sentences.append(sentence)
        windows[-1].append(self._last)
        return TokenisedText(text, tuple(windows), tuple(sentences))

    def _pieces(
        self, encoded: Sequence[tuple[int, int, Encoding]]
    ) -> Iterator[tuple[list[int], TokenisedSentence]]:
        room = self._room
        for start, end, encoding in encoded:
            ids = encoding.ids
            if 0 < len(ids) <= room:
                yield ids, TokenisedSentence(start, end, len(ids), 0, start, encoding)
                continue
            for first in range(0, len(ids), room):
                piece = ids[first : first + room]
                whole = TokenisedSentence(start, end, len(piece), first, start, encoding)
                begin, stop = whole.place_of(0)[0], whole.place_of(len(piece) - 1)[1]
                yield piece, replace(whole, start=begin, end=stop)
