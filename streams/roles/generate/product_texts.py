"""The writer of product texts: snapshots of what reviews say, put into words."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from schemas.summaries import Facet, RefreshRequested, SummaryClaim
from streams.composing.composer import SummaryComposer
from streams.composing.composition import Speakers
from streams.roles.generate.canary import canary_of
from streams.roles.generate.voices import load_voices
from streams.settings import Settings


class Composition(Protocol):
    """A text, claim by claim; `streams.composing.composition.Composition` fits."""

    @property
    def language(self) -> str:
        """Of the text."""
        ...

    @property
    def text(self) -> str:
        """All of it."""
        ...

    @property
    def claims(self) -> Sequence[SummaryClaim]:
        """Its sentences, each with what it stands on."""
        ...

    @property
    def pros(self) -> Sequence[str]:
        """Aspects that reviews praise, as words of the language."""
        ...

    @property
    def cons(self) -> Sequence[str]:
        """Aspects that they criticise."""
        ...

    @property
    def facets(self) -> Sequence[Facet]:
        """Both by their keys."""
        ...

    @property
    def model(self) -> tuple[str, str] | None:
        """Name and version of the model that wrote some of it; None: code wrote all."""
        ...


class Composer(Protocol):
    """Puts snapshots into words; asked from one thread at a time."""

    @property
    def prompt_version(self) -> str:
        """Names the templates and prompts."""
        ...

    def compose(
        self,
        snapshots: Sequence[RefreshRequested],
        *,
        most_words: int | None = None,
        speakers: Speakers = "reviewers",
    ) -> Sequence[Composition]:
        """A text of each, in order, of so many words at most; None: as a shopper reads at a glance.

        `speakers` are those who wrote what the text is about.
        """
        ...

    def stop(self) -> None:
        """End what is being composed soon, from another thread; nothing is phrased after it."""
        ...


class ProductTextWriter:
    """Answers `RefreshRequested` with the fields of `ProductText`; see `Writer`.

    Args:
        composer: puts snapshots into words.
    """

    def __init__(self, composer: Composer) -> None:
        self._composer = composer

    def write(self, requests: Sequence[RefreshRequested]) -> list[Mapping[str, object]]:
        """A text of each snapshot."""
        composed = self._composer.compose(requests)
        return [self._fields(*pair) for pair in zip(requests, composed, strict=True)]

    def canary(self, request: RefreshRequested) -> RefreshRequested:
        """See `Writer`."""
        return canary_of(request)

    def stop(self) -> None:
        """See `Writer`."""
        self._composer.stop()

    def _fields(self, snapshot: RefreshRequested, composed: Composition) -> Mapping[str, object]:
        model = composed.model
        return {
            "product_id": snapshot.product_id,
            "generation": snapshot.generation,
            "language": composed.language,
            "claims": [claim.model_dump() for claim in composed.claims],
            "pros": list(composed.pros),
            "cons": list(composed.cons),
            "facets": [facet.model_dump() for facet in composed.facets],
            "prompt_version": self._composer.prompt_version,
            "snapshot_offset": snapshot.source.offset,
            "review_count": snapshot.counts.reviews,
            "as_of": snapshot.as_of,
            "model": {"name": model[0], "version": model[1]} if model is not None else None,
        }


def load_composer(settings: Settings) -> SummaryComposer:
    """The configured generators and readers as a composer. Takes long: torch, weights.

    Raises:
        ConfigurationError: a model is not there or does not fit.
    """
    return SummaryComposer(*load_voices(settings), deadline_s=settings.generation.batch_s)


def load_text_writer(settings: Settings) -> ProductTextWriter:
    """See `load_composer`."""
    return ProductTextWriter(load_composer(settings))
