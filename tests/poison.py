"""Records that no publisher should send, on every topic that a role reads, and good ones to stand between them.

Made by a generator with a seed, so that 3,000 of them take no file. A poisoned record is broken as bytes, as JSON, in
one field, in its key or in its time. Some are valid all the same: whoever reads one has to say which it was.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson

from schemas.topics import (
    ENRICHED_REVIEW,
    NEW_PRODUCT,
    NEW_REVIEW,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
    Topic,
)
from tests.summaries import summary

AT = "2026-09-20T12:00:00Z"
AT_MS = 1_789_905_600_000
#: What producers put into a record's timestamp by mistake: nothing, seconds, micro- and nanoseconds, other eras.
NO_TIMES = (
    -1,
    0,
    1,
    AT_MS // 1_000,
    AT_MS * 1_000,
    AT_MS * 10**6,
    253_402_300_800_000,
    4_102_444_800_000,
    2**63 - 1,
)
_SOURCE = {"topic": "new-review", "partition": 0, "offset": 0, "timestamp_ms": AT_MS}
_SPAN = {"field": "text", "start": 0, "end": 16, "sentiment": "positive", "score": 1.0}
_POINT = {
    "claim": "Bright", "aspect": "quality", "polarity": "positive", "count": 2, "review_ids": ["a", "b"],
    "quotes": [{"review_id": "a", "text": "Bright"}],
}  # fmt: skip


class Sent(NamedTuple):
    """A record as a producer hands it over."""

    key: bytes | None
    value: bytes | None
    timestamp_ms: int = AT_MS


def _review(product_id: str, number: int) -> dict[str, Any]:
    return {
        "review_id": f"r{number}", "product_id": product_id, "text": "Bright and quiet.", "title": "Lamp", "rating": 4,
        "author_id": "a", "language": "en", "version": 1, "created_at": AT,
    }  # fmt: skip


def _enriched(product_id: str, number: int) -> dict[str, Any]:
    return {
        "schema_version": "1.0", "review_id": f"r{number}", "product_id": product_id, "review_version": 1,
        "status": "enriched", "text": "Bright and quiet.", "title": "Lamp", "rating": 4, "signature": "AA==",
        "language": {"code": "en", "confidence": 1.0}, "model": {"name": "m", "version": "1"},
        "sentiment": {"label": "positive", "negative": 0.0, "neutral": 0.0, "positive": 1.0, "basis": "text"},
        "sentences": [{**_SPAN, "embedding": "AA=="}],
        "aspects": [{**_SPAN, "aspect": "quality", "confidence": 0.9, "quote": "Bright and quiet"}],
        "flags": [], "verified_purchase": True, "created_at": AT, "made_at": AT, "source": dict(_SOURCE),
    }  # fmt: skip


def _product(product_id: str, number: int) -> dict[str, Any]:
    return {
        "product_id": product_id, "version": number + 1, "title": f"Lamp {number}", "category": "Home", "price": 9.5,
        "currency": "EUR", "attributes": {"watts": 5, "colour": "red"}, "tags": ["new"], "updated_at": AT,
    }  # fmt: skip


def _text(product_id: str, number: int) -> dict[str, Any]:
    claim = {"text": "Seven reviews.", "method": "template", "count": 7, "review_ids": []}
    return {
        "product_id": product_id, "generation": number + 1, "language": "en", "claims": [claim], "pros": ["quality"],
        "prompt_version": "1", "snapshot_offset": number, "review_count": 7, "source": dict(_SOURCE), "made_at": AT,
    }  # fmt: skip


def _refresh(product_id: str, number: int) -> dict[str, Any]:
    counts = {
        "reviews": 7, "rating_histogram": [0, 0, 0, 0, 0, 7],
        "sentiment": {"negative": 0, "neutral": 0, "positive": 7},
    }  # fmt: skip
    return {
        "product_id": product_id, "generation": number + 1, "as_of": AT, "reason": "first_reviews", "language": "en",
        "counts": counts, "key_points": [_POINT], "source": dict(_SOURCE), "made_at": AT,
    }  # fmt: skip


def _summary(product_id: str, number: int) -> dict[str, Any]:
    return summary(product_id) | {"generation": number}


_EVENTS: dict[Topic, Callable[[str, int], dict[str, Any]]] = {
    NEW_REVIEW: _review,
    ENRICHED_REVIEW: _enriched,
    NEW_PRODUCT: _product,
    PRODUCT_TEXT: _text,
    REFRESH_REQUESTED: _refresh,
    PRODUCT_SUMMARY: _summary,
}
#: Every topic that a role reads; a test holds them against the table of roles.
CONSUMED = tuple(_EVENTS)


def good(topic: Topic, number: int, *, products: int = 5) -> Sent:
    """A valid record, of one of a few products that no poison is about."""
    product_id = f"good-{number % products}"
    return Sent(product_id.encode(), orjson.dumps(_EVENTS[topic](product_id, number)))


def poisoned(topic: Topic, count: int, *, seed: int) -> list[Sent]:
    """Records of every kind in turn, each drawn anew."""
    rng = random.Random(f"{seed} {topic.name}")
    sent = []
    for number in range(count):
        event = orjson.loads(orjson.dumps(_EVENTS[topic](f"bad-{number % 7}", number)))
        sent.append(_KINDS[number % len(_KINDS)](event, rng))
    return sent


def places(event: Any) -> Iterator[tuple[Any, str | int]]:
    """Every value within an event: what holds it, and under which name or number."""
    for name, value in list(event.items() if isinstance(event, dict) else enumerate(event)):
        yield event, name
        if isinstance(value, dict | list):
            yield from places(value)


def _key(event: dict[str, Any]) -> bytes:
    return str(event["product_id"]).encode("utf-8", "replace")


def _as_sent(event: dict[str, Any], value: bytes | None = None) -> Sent:
    return Sent(_key(event), orjson.dumps(event) if value is None else value)


def _spliced(event: dict[str, Any], rng: random.Random, raw: bytes) -> Sent:
    """The event with these bytes in the place of a value, or as a field that nobody knows."""
    key = _key(event)
    holder, name = rng.choice([*places(event), (event, "unknown")])
    holder[name] = "@@"
    return Sent(key, orjson.dumps(event).replace(b'"@@"', raw))


EDGES: tuple[bytes, ...] = (
    b"NaN", b"-Infinity", b"1e999", b"-0", b"00", b"9" * 400, b"1" * 5_000, b"0.1" + b"9" * 400,
    b"18446744073709551616", b"9223372036854775808", b"9223372036854775807", b"-9223372036854775809", b"-1", b"0",
    b"1.0", b"true", b"null", b"[]", b"{}", b"[null]", b'""', b'" "', b'"\\u0000"', b'"a\\u0000b"', b'"a\\nb"',
    b'"\\ud800"', b'"\\udc00x"', b'"\\ud83d\\ude00"', b'"\\u2028"', b'"\\u202e[/b]{x}%s"', b'"\xff"', b'"\xed\xa0\x80"',
    b'"\x01"', b'"' + b"x" * 129 + b'"', b'"' + b"x" * 20_001 + b'"', b'"' + b"y" * 2**20 + b'"',
    b"[" * 1_000 + b"]" * 1_000, b'{"a":' * 1_000 + b"1" + b"}" * 1_000, b"[" * 150 + b"]" * 150, b"[" * 60_000,
    b'"0001-01-01T00:00:00+23:59"', b'"9999-12-31T23:59:59-23:59"', b'"2199-12-31T23:59:59Z"',
    b'"1990-01-01T00:00:00Z"', b'"2026-02-30T00:00:00Z"', b'"1796027686"', b"1796027686732000", b'"2.0"', b'"removed"',
)  # fmt: skip


def _edge(event: dict[str, Any], rng: random.Random) -> Sent:
    return _spliced(event, rng, rng.choice(EDGES))


def _noise(event: dict[str, Any], rng: random.Random) -> Sent:
    return Sent(_key(event), rng.randbytes(rng.randrange(200)))


def _cut(event: dict[str, Any], rng: random.Random) -> Sent:
    value = orjson.dumps(event)
    return Sent(_key(event), value[: rng.randrange(len(value))])


def _flipped(event: dict[str, Any], rng: random.Random) -> Sent:
    value = bytearray(orjson.dumps(event))
    for _ in range(rng.randint(1, 3)):
        value[rng.randrange(len(value))] ^= 1 << rng.randrange(8)
    return Sent(_key(event), bytes(value))


def _without(event: dict[str, Any], rng: random.Random) -> Sent:
    key = _key(event)
    holder, name = rng.choice([*places(event)])
    del holder[name]
    return Sent(key, orjson.dumps(event))


def _swapped(event: dict[str, Any], rng: random.Random) -> Sent:
    """One value in the place of another."""
    key = _key(event)
    (holder, name), (other, its_name) = rng.choices([*places(event)], k=2)
    holder[name] = orjson.loads(orjson.dumps(other[its_name]))
    return Sent(key, orjson.dumps(event))


def _keyed(event: dict[str, Any], rng: random.Random) -> Sent:
    key = rng.choice([None, b"", b"other", b"\xff\xfe", b"bad-0\x00", b"x" * 10_000])
    return Sent(key, rng.choice([orjson.dumps(event), b"{", None]))


def _timed(event: dict[str, Any], rng: random.Random) -> Sent:
    if isinstance(event.get("source"), dict) and rng.random() < 0.5:
        event["source"]["timestamp_ms"] = max(0, rng.choice(NO_TIMES))
    return Sent(_key(event), orjson.dumps(event), rng.choice(NO_TIMES))


def _renamed(event: dict[str, Any], rng: random.Random) -> Sent:
    """An id that is none, with the key that fits it."""
    event["product_id"] = rng.choice(["a\x00b", "a\nb", " a", "a ", "", "x" * 129, "\u0085", "\t"])
    return _as_sent(event)


def _no_event(event: dict[str, Any], rng: random.Random) -> Sent:
    return Sent(
        _key(event), rng.choice([b"", b" ", b"null", b"[]", b"1", b'"text"', b"{}", b"\xef\xbb\xbf{}", None])
    )


_KINDS = (
    _edge, _edge, _edge, _edge, _noise, _cut, _flipped, _without, _swapped, _swapped, _keyed, _timed, _renamed,
    _no_event,
)  # fmt: skip
