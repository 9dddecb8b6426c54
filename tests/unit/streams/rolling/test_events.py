"""The rolling role reads enriched reviews by its own shape: what the contract refuses in its fields, it refuses."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from schemas.events import SourcePosition
from schemas.reviews import (
    AspectOpinion,
    DetectedLanguage,
    QualityFlag,
    ReviewEnriched,
    SentenceSentiment,
    Sentiment,
)
from streams.errors import RejectedEventError
from streams.rolling import events
from streams.rolling.events import read_review
from streams.serde import decode
from tests.unit.schemas.product_samples import enriched_reviews

_CONTRACTS: dict[type[msgspec.Struct], type[BaseModel]] = {
    events.EnrichedReview: ReviewEnriched,
    events.Labelled: Sentiment,
    events.Language: DetectedLanguage,
    events.Source: SourcePosition,
    events.Sentence: SentenceSentiment,
    events.Opinion: AspectOpinion,
    events.Flag: QualityFlag,
}
LABELS = ("negative", "neutral", "positive")
#: Strings, numbers and shapes that stand at an edge of some field, or beyond it.
EDGES: list[Any] = [
    None, True, False, 0, 1, -1, 6, 1.5, -0.1, 1e300, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63), 10**400,
    "", " ", "\t\n", "a", " a", "a ", "a\n", "a\x00b", "a\u0085", "\u2028", "\u00a0", "\u200b", "a b", "灯",
    "x" * 128, "x" * 129, "x" * 300, "x" * 301, "x" * 20_000, "x" * 20_001,
    "en", "e", "zh-Hans", "en\n", "en-", "12", "x" * 9, "title", "text", "body",
    "positive", "neutral", "Positive", "enriched", "removed", "rating_only", "unsupported_language", "done",
    "stars", "1.0", "1.7", "1.x", "2.0", "1", "1.0\n",
    "2026-01-01T00:00:00Z", "2026-01-01t00:00:00z", "2026-01-01 00:00:00+08:00", "2026-01-01T00:00:00",
    "2026-01-01", "2026-02-30T00:00:00Z", "1989-12-31T23:59:59Z", "2200-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "1990-01-01T00:00:00+00:01", "2199-12-31T23:30:00-01:00",
    "2026-01-01T00:00:60Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.123456789Z", "1767225600",
    "AA==", "AA", "A", "====", "A-_=", "A" * 512, "A" * 516, "A A=",
    [], {}, ["a"], {"label": "positive"}, [None], [{}],
]  # fmt: skip


def read_fields(struct: type[msgspec.Struct]) -> list[str]:
    return [field.name for field in msgspec.structs.fields(struct)]


@dataclasses.dataclass(frozen=True)
class Change:
    """Puts a value into a field that rolling reads, or takes the field away."""

    path: tuple[str | int, ...]
    value: Any = None
    is_removal: bool = False

    def apply(self, event: dict[str, Any]) -> None:
        target: Any = event
        for step in self.path[:-1]:
            target = target[step]
        if self.is_removal:
            target.pop(self.path[-1], None)
        else:
            target[self.path[-1]] = self.value


def paths(event: dict[str, Any]) -> list[tuple[str | int, ...]]:
    """Where the fields are that the shape reads of this event."""
    found: list[tuple[str | int, ...]] = [(name,) for name in read_fields(events.EnrichedReview)]
    for name, struct in (
        ("language", events.Language),
        ("sentiment", events.Labelled),
        ("source", events.Source),
    ):
        if event.get(name) is not None:
            found += [(name, field) for field in read_fields(struct)]
    for name, struct in (("sentences", events.Sentence), ("aspects", events.Opinion), ("flags", events.Flag)):
        found += [(name, at, field) for at in range(len(event[name])) for field in read_fields(struct)]
    return found


def contradicts_the_shares(path: tuple[str | int, ...], value: object) -> bool:
    """Whether it is only by the shares of a sentiment, which rolling does not read, that the contract can refuse."""
    return path[0] == "sentiment" and (value in LABELS if len(path) > 1 else isinstance(value, dict))


def is_refused(read: Callable[[bytes], object], raw: bytes) -> bool:
    try:
        read(raw)
    except RejectedEventError:
        return True
    return False


def test_the_shapes_fields_are_those_of_the_contract() -> None:
    """A field that the contract renames or comes to require is noticed here."""
    for struct, contract in _CONTRACTS.items():
        for field in msgspec.structs.fields(struct):
            assert field.name in contract.model_fields, (struct, field.name)
            assert field.required or not contract.model_fields[field.name].is_required(), (struct, field.name)


@pytest.mark.thorough
@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(enriched_reviews, st.data())
def test_what_the_contract_refuses_the_shape_refuses(event: ReviewEnriched, data: st.DataObject) -> None:
    """Any field that rolling reads may become anything: then whatever the contract refuses is a dead letter."""
    fields = orjson.loads(event.model_dump_json())
    assert read_review(orjson.dumps(fields)).review_id == event.review_id
    path = data.draw(st.sampled_from(paths(fields)))
    value = data.draw(
        st.sampled_from(EDGES) | st.text(max_size=6) | st.integers() | st.floats(allow_nan=False)
    )
    Change(path, value, is_removal=data.draw(st.booleans()) and value is None).apply(fields)
    raw = msgspec.json.encode(fields)
    if not contradicts_the_shares(path, value) and is_refused(partial(decode, ReviewEnriched), raw):
        assert is_refused(read_review, raw)


@pytest.mark.parametrize("value", EDGES, ids=lambda value: ascii(value)[:20])
def test_at_every_edge_the_shape_is_as_strict(value: object) -> None:
    """Each edge value in each field, one after the other."""
    model = {"name": "m", "version": "1"}
    sentiment = {"label": "positive", "negative": 0.0, "neutral": 0.0, "positive": 1.0}
    span = {"field": "text", "start": 0, "end": 4, "sentiment": "positive", "score": 1.0}
    whole = {
        "schema_version": "1.0", "review_id": "r", "product_id": "p", "review_version": 1, "status": "enriched",
        "text": "Fine", "title": "Lamp", "rating": 4, "language": {"code": "en", "confidence": 1},
        "sentiment": {**sentiment, "basis": "text"}, "model": model, "signature": "AA==", "verified_purchase": True,
        "sentences": [{**span, "embedding": "AA=="}],
        "aspects": [{**span, "aspect": "quality", "confidence": 0.5, "quote": "Fine"}],
        "flags": [{"kind": "spam", "score": 0.5, "reason": "links"}],
        "created_at": "2026-01-01T00:00:00Z", "made_at": "2026-01-01T00:00:00Z",
        "source": {"topic": "new-review", "partition": 0, "offset": 0, "timestamp_ms": 0},
    }  # fmt: skip
    raw = orjson.dumps(whole)
    read_review(raw)
    decode(ReviewEnriched, raw)
    refused = 0
    for path in paths(whole):
        event = orjson.loads(raw)
        Change(path, value).apply(event)
        changed = msgspec.json.encode(event)
        if not contradicts_the_shares(path, value) and is_refused(partial(decode, ReviewEnriched), changed):
            assert is_refused(read_review, changed), path
            refused += 1
    assert refused, "no field refuses it, so this edge tests nothing"
