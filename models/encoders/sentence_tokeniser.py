"""Text to token ids by sentence, in windows that fit the encoder's positions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tokenizers import Encoding, Tokenizer

from models.encoders.word_tokens import WordTokens, is_word_by_word
from models.text.emoji import emoji_tokenizer, has_emoji
from models.text.sentences import Span, split_sentences


class TokenisedSentence(NamedTuple):
    """A sentence's place in its text, in code points; which of the text's tokens is its first, and how many it has.

    `source` knows where its tokens stand: the encoding of the text, or the text and whoever knows its words.
    """

    start: int
    end: int
    first: int
    tokens: int
    source: Encoding | tuple[WordTokens, str]

    def place_of(self, token: int) -> Span:
        """Where in the text a token of the sentence stands; asked of few tokens, so found only when asked."""
        if isinstance(self.source, Encoding):
            place = self.source.token_to_chars(self.first + token)
        else:
            words, text = self.source
            place = words.place_of(token, text, self.start, self.end)
        if place is None:
            raise IndexError(f"wanted a token below {self.tokens}, got {token}")
        return place


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
        tokenizer: copied, so that nobody else's settings change.
        window_tokens: length of a window, the special tokens included.
        special: the tokens that a window begins and ends with; by default those of a BERT.
        split: a text's sentences, in order.
        in_chinese: emoji are read as Chinese words.

    Raises:
        ValueError: the tokenizer has no such special tokens.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        window_tokens: int,
        *,
        special: tuple[str, str] = ("[CLS]", "[SEP]"),
        split: Callable[[str], list[Span]] = split_sentences,
        in_chinese: bool = False,
    ) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._emoji_tokenizer = emoji_tokenizer(self._tokenizer, in_chinese=in_chinese)
        self._words = WordTokens(self._tokenizer) if is_word_by_word(self._tokenizer) else None
        self._split = split
        self._room = window_tokens - 2
        first, last = map(tokenizer.token_to_id, special)
        if first is None or last is None:
            raise ValueError(f"the tokenizer has no {special[0]} and {special[1]}")
        self._first, self._last = first, last

    def __call__(self, texts: Sequence[str]) -> list[TokenisedText]:
        """Token ids of each text, in order. Safe from any thread."""
        tokenised = {index: self._by_words(text) for index, text in enumerate(texts)}
        left = [index for index, one in tokenised.items() if one is None]
        # All at once: unlike `encode`, this lets go of the interpreter lock, which the threads that compute need
        # between any two operations.
        encodings = self._tokenizer.encode_batch([texts[index] for index in left], add_special_tokens=False)
        for index, encoding in zip(left, encodings, strict=True):
            tokenised[index] = self._by_encoding(texts[index], encoding)
        return [one for one in tokenised.values() if one is not None]

    def _by_words(self, text: str) -> TokenisedText | None:
        """None where the text is not plain, or one of its sentences is too long for a window."""
        words = self._words
        if words is None or not words.can_read(text):
            return None
        source = words, text
        first = 0
        ids: list[int] = []
        sentences: list[TokenisedSentence] = []
        for start, end in self._split(text):
            ids += words.of(text, start, end)
            if len(ids) - first > self._room:
                return None
            sentences.append(TokenisedSentence(start, end, first, len(ids) - first, source))
            first = len(ids)
        return self._in_windows(text, ids, sentences)

    def _by_encoding(self, text: str, encoding: Encoding) -> TokenisedText:
        if has_emoji(text):
            encoding = self._emoji_tokenizer.encode(text, add_special_tokens=False)
        sentences = list(self._sentences(text, encoding, len(encoding.ids)))
        return self._in_windows(text, encoding.ids if sentences else [], sentences)

    def _in_windows(self, text: str, ids: list[int], sentences: list[TokenisedSentence]) -> TokenisedText:
        if len(ids) <= self._room:
            return TokenisedText(text, ([self._first, *ids, self._last],), tuple(sentences))
        windows: list[list[int]] = [[self._first]]
        for sentence in sentences:
            if len(windows[-1]) - 1 + sentence.tokens > self._room:
                windows[-1].append(self._last)
                windows.append([self._first])
            windows[-1].extend(ids[sentence.first : sentence.first + sentence.tokens])
        windows[-1].append(self._last)
        return TokenisedText(text, tuple(windows), tuple(sentences))

    def _sentences(self, text: str, encoding: Encoding, tokens: int) -> Iterator[TokenisedSentence]:
        """Sentences that have tokens; those too long for a window in pieces. Every token is of one of them.

        A token between two, such as a space, is of the one before; one before the first is of the first.
        """
        spans = self._split(text)
        later = [_token_from(encoding, start, end, tokens) for start, end in spans[1:]]
        for (start, end), first, last in zip(spans, [0, *later], [*later, tokens], strict=False):
            if first < last <= first + self._room:
                yield TokenisedSentence(start, end, first, last - first, encoding)
                continue
            for begin in range(first, last, self._room):
                piece = TokenisedSentence(start, end, begin, min(self._room, last - begin), encoding)
                yield piece._replace(start=piece.place_of(0)[0], end=piece.place_of(piece.tokens - 1)[1])


def _token_from(encoding: Encoding, start: int, end: int, tokens: int) -> int:
    """The first token at or after a place in the text; normalisation may have dropped the character there."""
    for place in range(start, end):
        token = encoding.char_to_token(place)
        if token is not None:
            return token
    # Nothing of this sentence is left: it begins where the next one does.
    return next((at for at, (_, stop) in enumerate(encoding.offsets) if stop > start), tokens)
