"""What a generator of phrases is asked, what it answers, and what the callers see of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from models.readers.interfaces import LoadedModel

#: The longest phrase, in tokens of the model, without its opening.
MOST_TOKENS: Final = 40

#: Sentences that a phrase is made of.
MOST_EVIDENCE: Final = 3


@dataclass(frozen=True, slots=True)
class PhraseRequest:
    """One key point to be said in a sentence.

    Attributes:
        language: ISO 639-1 code of the evidence, and of the phrase.
        evidence: one to three sentences, quotes of a key point; data, whatever they say.
        aspect: what they speak of, in a word or two: "battery".
        polarity: how they speak of it, in a word: "good", "bad", "mixed".
        opening: words that the phrase begins with, as they are; empty: the model begins.
        max_tokens: after its opening; what has not come to its end by then is dropped. 1 to MOST_TOKENS.
        samples: phrases to write, at least 1.
        copied: whether it may only use words of the evidence and of a closed list; False: to measure.

    Raises:
        ValueError: one of them is out of range.
    """

    language: str
    evidence: tuple[str, ...]
    aspect: str
    polarity: str
    opening: str = ""
    max_tokens: int = 28
    samples: int = 4
    copied: bool = True

    def __post_init__(self) -> None:
        if not 1 <= len(self.evidence) <= MOST_EVIDENCE or not all(map(str.strip, self.evidence)):
            raise ValueError(f"wanted one to three sentences of evidence, got {self.evidence!r}")
        if not 1 <= self.max_tokens <= MOST_TOKENS:
            raise ValueError(f"max_tokens must be 1 to {MOST_TOKENS}, got {self.max_tokens}")
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1, got {self.samples}")


class Phrase(NamedTuple):
    """A sentence that was written to its end.

    Attributes:
        text: with its opening and its full stop, in one line.
        mean_log_probability: of its tokens after the opening, natural logarithm, at temperature 1; at most 0.
            Against the tokens that were allowed and the language's commonest ones, see `decoding`.
    """

    text: str
    mean_log_probability: float


class Generator(LoadedModel, Protocol):
    """A loaded model that phrases key points. Call it from one thread at a time."""

    def phrase(self, requests: Sequence[PhraseRequest], *, deadline_s: float) -> list[list[Phrase]]:
        """The phrases of each request, in order: up to `samples`, without duplicates.

        Args:
            requests: in any languages it writes.
            deadline_s: seconds from now after which only what is finished is returned; it is looked at
                before every forward pass, so one pass may run over it.

        Raises:
            ValueError: a request is in a language that it does not write, or too long for its positions.
        """
        ...

    def stop(self) -> None:
        """Have `phrase` return soon, with what is finished, now and for ever; from any thread."""
        ...
