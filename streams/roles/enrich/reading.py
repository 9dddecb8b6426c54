"""What the enrich agent needs of the models it never imports: protocols, and a reader with its way in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from streams.lane.loading import ANY_LANGUAGE
from streams.lane.values import Answer


class Language(Protocol):
    """A detected language."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102


class Sentiment(Protocol):
    """Probabilities of the three sentiments."""

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def negative(self) -> float: ...  # noqa: D102
    @property
    def neutral(self) -> float: ...  # noqa: D102
    @property
    def positive(self) -> float: ...  # noqa: D102


class Opinion(Protocol):
    """A span of what was read, and how it feels."""

    @property
    def start(self) -> int: ...  # noqa: D102
    @property
    def end(self) -> int: ...  # noqa: D102
    @property
    def sentiment(self) -> Sentiment: ...  # noqa: D102


class Sentence(Opinion, Protocol):
    """A sentence of what was read; the embedding's bits stand for what it says."""

    @property
    def embedding(self) -> bytes | None: ...  # noqa: D102


class Mention(Opinion, Protocol):
    """An aspect that is spoken of, and the span it stands on."""

    @property
    def aspect(self) -> str: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102


class Reading(Protocol):
    """What a model says of a review."""

    @property
    def sentiment(self) -> Sentiment: ...  # noqa: D102
    @property
    def sentences(self) -> Sequence[Sentence]: ...  # noqa: D102
    @property
    def aspects(self) -> Sequence[Mention]: ...  # noqa: D102


class Mask(Protocol):
    """A placeholder of personal data in a masked text."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def start(self) -> int: ...  # noqa: D102
    @property
    def end(self) -> int: ...  # noqa: D102


class Flag(Protocol):
    """A doubt about a review."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def score(self) -> float: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


class Prepared(Protocol):
    """A review ready to be read and published; `models.preparation.PreparedReview` fits."""

    @property
    def title(self) -> str | None: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def author_id(self) -> str | None: ...  # noqa: D102
    @property
    def language(self) -> Language: ...  # noqa: D102
    @property
    def title_masks(self) -> Sequence[Mask]: ...  # noqa: D102
    @property
    def text_masks(self) -> Sequence[Mask]: ...  # noqa: D102
    @property
    def flags(self) -> Sequence[Flag]: ...  # noqa: D102
    @property
    def signature(self) -> bytes: ...  # noqa: D102
    @property
    def asked(self) -> str: ...  # noqa: D102
    def place(self, start: int, end: int) -> tuple[str, int, int]: ...  # noqa: D102


class Preparer(Protocol):
    """Masks, identifies languages, flags; thread-safe."""

    def prepare(  # noqa: D102
        self, *, text: str, title: str | None = None, author_id: str | None = None, hint: str | None = None
    ) -> Prepared: ...

    def rating_flag(self, rating: float | None, sentiment: Sentiment) -> Flag | None: ...  # noqa: D102


#: Answers for each text, in order; `Lane.run` fits.
AskReader = Callable[[Sequence[str]], Awaitable[Sequence[Answer[Reading]]]]


@dataclass(frozen=True, slots=True)
class Reader:
    """A model as the agent sees it: who it is, and how to ask it."""

    name: str
    version: str
    ask: AskReader


class Readers:
    """Which reader reads which language.

    Args:
        by_language: ISO 639-1 codes, or ANY_LANGUAGE.
    """

    def __init__(self, by_language: Mapping[str, Reader]) -> None:
        self._by_language = by_language

    def of(self, language: str) -> Reader | None:
        """The reader of a language; None where no model covers it."""
        return self._by_language.get(language) or self._by_language.get(ANY_LANGUAGE)
