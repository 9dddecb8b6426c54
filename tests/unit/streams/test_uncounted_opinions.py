"""An opinion that is not counted is in the event of its review and in nothing that is made of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from models.readers.aspects import Aspect
from models.readers.interfaces import (
    AspectMention,
    ReviewReader,
    ReviewReading,
    SentenceReading,
    SentimentPrediction,
    TokenisedReview,
)
from models.text.sentences import split_sentences
from schemas.reviews import ReviewEnriched
from schemas.summaries import RefreshRequested
from streams.cli.event_lines import event_line
from streams.cli.review_lines import review_details
from streams.evaluating import aspects as evaluating_aspects
from streams.evaluating.summary_files import SummaryItem
from streams.evaluating.summary_texts import ReadItem
from streams.offline import asking, summarising
from streams.offline.summarising import Summarised, summarise
from streams.roles.generate.voices import load_voices
from streams.rolling.contributions import contribution_of, signature_of
from streams.rolling.events import read_review
from streams.rolling.memory_tables import MemoryTables
from streams.rolling.product_state import ProductState
from streams.rolling.summaries import SummaryWriter
from streams.settings import ModelSettings, Settings
from tests.fakes import FakeComposer, FakeReader
from tests.histories import NOW_MS, apply_all, enriched

SOURCE = {"topic": "enriched-review", "partition": 0, "offset": 2, "timestamp_ms": NOW_MS}
TEXTS = {
    "en": ("The delivery was quick and the box was whole.", "The delivery was quick", "the box was whole"),
    "zh": ("物流送得特别快，而且包装也很结实。", "物流送得特别快", "包装也很结实"),
}
GOOD = SentimentPrediction(negative=0.05, neutral=0.05, positive=0.9)


def review(number: int, language: str, *flags: bool | None) -> dict[str, Any]:
    """Praises delivery and packaging, counted or not; None: as before opinions were told apart."""
    text, *quotes = TEXTS[language]
    aspects = [
        {
            "aspect": aspect, "sentiment": "positive", "score": 0.9, "confidence": 0.9, "field": "text",
            "start": text.index(quote), "end": text.index(quote) + len(quote), "quote": quote,
            **({} if is_counted is None else {"counted": is_counted}),
        }
        for aspect, quote, is_counted in zip(("delivery", "packaging"), quotes, flags, strict=True)
    ]  # fmt: skip
    return enriched(
        f"r{number}",
        1,
        text=text,
        language={"code": language, "confidence": 1.0},
        sentiment={"label": "positive", "negative": 0.05, "neutral": 0.05, "positive": 0.9},
        model={"name": "fake", "version": "1"},
        aspects=aspects,
    )


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(
    ("flags", "aspects"),
    [
        ((True, False), {"delivery"}),
        ((False, False), set()),
        ((None, None), {"delivery", "packaging"}),
        ((None, False), {"delivery"}),
    ],
)
def test_tables_and_key_points(language: str, flags: tuple[bool | None, ...], aspects: set[str]) -> None:
    """Counters, key points, what alerts watch and what texts are written from; an old event counts as before."""
    event = read_review(orjson.dumps(review(0, language, *flags)))
    contribution, candidates = contribution_of(ProductState("p"), event, signature_of(event))
    assert {aspect for aspect, _ in contribution.opinions} == aspects
    assert len(candidates) == len(aspects)

    tables = MemoryTables()
    apply_all(tables, [review(number, language, *flags) for number in range(3)])
    writer = SummaryWriter(
        tables.product("p"), lambda review_id: tables.review("p", review_id), SOURCE, dt.datetime.now(dt.UTC)
    )
    snapshot = RefreshRequested.model_validate_json(orjson.dumps(writer.refresh(1, "requested")))
    assert {one.aspect for one in snapshot.counts.aspects} == aspects
    assert {one.aspect for one in snapshot.key_points} == aspects


def test_lines_for_people() -> None:
    """What `tail` and the demonstration print of a review; one that counts for nothing is shown by its text."""
    event = ReviewEnriched.model_validate_json(orjson.dumps(review(0, "en", True, False)))
    told = event_line(event).plain + "".join(line.plain for line in review_details(event))
    assert told.count("delivery") == 4  # the aspect and its words, on each line
    assert "packaging" not in told
    nothing = event_line(
        ReviewEnriched.model_validate_json(orjson.dumps(review(0, "en", False, False)))
    ).plain
    assert nothing.endswith(TEXTS["en"][0])


@dataclass(eq=False)
class OpinionReader(FakeReader):
    """Finds four opinions in every text, as sure and as much the reviewer's as it is told; "..." makes it unsure."""

    confidences: Sequence[float] = (0.9, 0.9, 0.9, 0.25)
    holders: Sequence[str | None] = (None,) * 4

    def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
        return [self._reading(text.text) for text in batch]  # type: ignore[attr-defined]

    def _reading(self, text: str) -> ReviewReading:
        bits = b"\x0f" * 32
        sentences = [SentenceReading(start, end, GOOD, bits) for start, end in split_sentences(text)]
        step = len(text) // 4
        mentions = [
            AspectMention(
                aspect,
                0.49 if "..." in text else confidence,
                GOOD,
                number * step,
                (number + 1) * step,
                holder,
            )
            for number, (aspect, confidence, holder) in enumerate(
                zip((*COUNTED, "packaging"), self.confidences, self.holders, strict=True)
            )
        ]
        return ReviewReading(GOOD, tuple(sentences), tuple(mentions))


COUNTED: tuple[Aspect, ...] = ("delivery", "design", "quality")
#: Readers of whose opinions the last does not count.
READERS = [
    OpinionReader(),
    OpinionReader(confidences=(0.9, 0.9, 0.9, 0.99), holders=("reviewer",) * 3 + ("somebody_else",)),
]


@pytest.mark.parametrize("reader", READERS)
def test_what_is_phrased_is_read_again_by_what_counts(reader: OpinionReader) -> None:
    """A sentence is not refused for an aspect that its reader is unsure of, nor for somebody else's."""

    def load_readers(_settings: Settings) -> Mapping[str, ReviewReader[Any]]:
        return {"en": reader}

    _, readers = load_voices(Settings(model=ModelSettings(generators={})), load_readers)
    (read,) = readers["en"](["The delivery was quick."])
    assert {aspect: feeling.polarity for aspect, feeling in read.aspects.items()} == dict.fromkeys(
        COUNTED, "positive"
    )


@pytest.mark.parametrize("reader", READERS)
def test_evaluated_summaries_are_written_from_what_counts(reader: OpinionReader) -> None:
    documents = ("The delivery was quick and the box was whole.", "Delivery quick, and such a good box.")
    item = SummaryItem("lamp", documents, ("Quick delivery.",), "en")
    readings = reader.forward(reader.tokenise(documents))
    read = ReadItem(item, list(readings), 20, least_confidence=0.5)
    assert set(read.product.counts.aspects) == set(COUNTED)


@pytest.mark.parametrize("reader", READERS)
def test_evaluated_aspects_are_those_that_count(reader: OpinionReader) -> None:
    """The other is in the reading, and was not found."""
    texts = ["The delivery was quick and the box was whole."]
    asked = asking.Asked(reader.forward(reader.tokenise(texts)), {0: reader}, {}, 0.0)
    assert set(evaluating_aspects._found(asked, 0.5)[0]) == set(COUNTED)


COMMENTS = (
    "The delivery was quick and the box was whole.",
    "Quick delivery of a good looking lamp, and a box without a dent.",
    "It came within a day, looks good on the desk, in a box that held.",
)


def summarised(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reader: OpinionReader,
    *,
    comments: Sequence[str] = COMMENTS,
    least_confidence: float = 0.5,
) -> Summarised:
    file = tmp_path / "comments.txt"
    file.write_text("\n".join(comments), encoding="utf-8")
    monkeypatch.setattr(asking, "load_readers", lambda _settings: {"en": reader})
    monkeypatch.setattr(summarising, "load_composer", lambda _settings: FakeComposer())
    settings = Settings(model=ModelSettings(generators={}, least_confidence=least_confidence))
    return summarise(settings, file, columns={}, progress=lambda _line: None)


@pytest.mark.parametrize("reader", READERS)
def test_summarised_comments_say_what_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: OpinionReader
) -> None:
    found = summarised(tmp_path, monkeypatch, reader)
    assert {one.aspect for one in found.snapshot.counts.aspects} == set(COUNTED)
    assert not found.has_topics


def test_comments_of_which_few_opinions_count_do_not_fit_the_aspects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three key points there are, of one comment in ten; so what several say alike is told instead."""
    doubtful = [f"Number {number} came here yesterday... so they said on the radio." for number in range(27)]
    found = summarised(tmp_path, monkeypatch, OpinionReader(), comments=[*COMMENTS, *doubtful])
    assert found.has_topics


def test_a_setting_says_what_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lower one finds more."""
    found = summarised(tmp_path, monkeypatch, OpinionReader(), least_confidence=0.2)
    assert {one.aspect for one in found.snapshot.counts.aspects} == {*COUNTED, "packaging"}
