"""Puts snapshots of products into words: many at once, each in its language, within a time."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import structlog

from schemas.summaries import RefreshRequested
from streams.composing.composition import Composition, Speakers, primary
from streams.composing.phrasing import PROMPT_VERSION, Voice, phrase_opinions
from streams.composing.rereading import ReadSentences, fitting_quotes
from streams.composing.writing import (
    NO_SENTENCES,
    TEMPLATES_VERSION,
    Outline,
    Sentences,
    outline,
    write,
)

log = structlog.get_logger(__name__)


class SummaryComposer:
    """Has a model phrase what there is to tell where one writes the language, and counts and quotes the rest.

    Of several snapshots of one product only the latest is phrased: the others are out of date already.

    Args:
        voices: who writes, by language ("en", "zh"); empty: nobody.
        readers: who reads quotes again, by language; none: quotes are told as they were read in their reviews.
        deadline_s: seconds for all snapshots of a call; what is not phrased by then is counted and quoted.
        clock: in seconds, monotonic.
    """

    def __init__(
        self,
        voices: Mapping[str, Voice],
        readers: Mapping[str, ReadSentences] = MappingProxyType({}),
        *,
        deadline_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._voices = voices
        self._readers = readers
        self._deadline_s = deadline_s
        self._clock = clock

    @property
    def prompt_version(self) -> str:
        """Names the templates, and the prompts and checks where there are models."""
        return f"{TEMPLATES_VERSION}+{PROMPT_VERSION}" if self._voices else TEMPLATES_VERSION

    def compose(
        self,
        snapshots: Sequence[RefreshRequested],
        *,
        most_words: int | None = None,
        speakers: Speakers = "reviewers",
    ) -> list[Composition]:
        """A text of each snapshot, in order; see `write` for `most_words`. `speakers` are those who wrote of it."""
        ends_at = self._clock() + self._deadline_s
        is_fit = fitting_quotes(snapshots, self._readers)
        outlines = [outline(snapshot, is_fit, speakers) for snapshot in snapshots]
        sentences: list[Sentences] = [NO_SENTENCES] * len(outlines)
        models: list[tuple[str, str] | None] = [None] * len(outlines)
        voices = self._voices
        for language, indices in _phrased(outlines, voices).items():
            voice = voices[language]
            phrased = self._phrase([outlines[index] for index in indices], language, voice, ends_at)
            for index, said in zip(indices, phrased, strict=True):
                sentences[index] = said
                models[index] = voice.model
        return [
            write(planned, said, model=model, most_words=most_words)
            for planned, said, model in zip(outlines, sentences, models, strict=True)
        ]

    def _phrase(
        self, outlines: Sequence[Outline], language: str, voice: Voice, ends_at: float
    ) -> Sequence[Sentences]:
        """Sentences for all at once; one by one where a model breaks, so that one product costs no other its text."""
        try:
            left_s = max(0.0, ends_at - self._clock())
            return phrase_opinions(outlines, language, voice, deadline_s=left_s)
        except Exception as error:  # noqa: BLE001 - whatever a model raises, there is a text without it
            products = [planned.snapshot.product_id for planned in outlines]
            log.warning("phrasing failed", error=repr(error), model=voice.model, products=products)
            if len(outlines) == 1:
                return [NO_SENTENCES]
            return [
                said for planned in outlines for said in self._phrase([planned], language, voice, ends_at)
            ]

    def stop(self) -> None:
        """End what is being phrased soon, from another thread; nothing is phrased after it."""
        self._voices, voices = {}, self._voices
        for voice in voices.values():
            voice.phraser.stop()


def _phrased(outlines: Sequence[Outline], voices: Mapping[str, Voice]) -> dict[str, list[int]]:
    """Places of the outlines that somebody phrases, by language."""
    latest = {planned.snapshot.product_id: index for index, planned in enumerate(outlines)}
    indices: dict[str, list[int]] = defaultdict(list)
    for index in sorted(latest.values()):
        language = primary(outlines[index].language)
        if language in voices:
            indices[language].append(index)
    return indices
