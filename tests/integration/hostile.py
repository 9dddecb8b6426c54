"""Payloads no platform should send, and the reason each must be set aside with."""

import random

import orjson

from schemas.dead_letters import DeadLetterReason as Reason
from streams.kafka.publishing import RawRecord


def hostile_payloads(count: int, *, seed: int) -> list[tuple[RawRecord, Reason]]:
    """Records that must be refused, of every kind in turn, each different."""
    numbers = random.Random(seed)
    return [_KINDS[index % len(_KINDS)](index, numbers) for index in range(count)]


def _valid(index: int, **changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "review_id": f"bad{index}",
        "product_id": "p1",
        "text": "a hostile thing",
        "created_at": "2026-10-01T12:00:00Z",
    }
    return fields | changes


def _record(value: bytes | None, reason: Reason, key: bytes | None = b"p1") -> tuple[RawRecord, Reason]:
    return RawRecord(key, value), reason


def _changed(index: int, **changes: object) -> tuple[RawRecord, Reason]:
    return _record(orjson.dumps(_valid(index, **changes)), Reason.INVALID_EVENT)


def _truncated(index: int, numbers: random.Random) -> tuple[RawRecord, Reason]:
    value = orjson.dumps(_valid(index))
    return _record(value[: numbers.randrange(1, len(value) - 1)], Reason.MALFORMED_JSON)


def _replaced(index: int, old: bytes, new: bytes) -> bytes:
    return orjson.dumps(_valid(index)).replace(old, new)


def _missing(index: int, numbers: random.Random) -> tuple[RawRecord, Reason]:
    fields = _valid(index)
    del fields[numbers.choice(["review_id", "product_id", "text", "created_at"])]
    return _record(orjson.dumps(fields), Reason.INVALID_EVENT)


def _deep(index: int, _numbers: random.Random) -> tuple[RawRecord, Reason]:
    nested = b"[" * 5_000 + b"]" * 5_000
    return _record(_replaced(index, b'"a hostile thing"', nested), Reason.MALFORMED_JSON)


def _huge(index: int, _numbers: random.Random) -> tuple[RawRecord, Reason]:
    return _record(orjson.dumps(_valid(index, padding="x" * 600_000)), Reason.TOO_LARGE)


def _noise(_index: int, numbers: random.Random) -> tuple[RawRecord, Reason]:
    return _record(b"\xff" + numbers.randbytes(numbers.randrange(1, 200)), Reason.MALFORMED_JSON)


_KINDS = [
    _truncated,
    _missing,
    _deep,
    _huge,
    _noise,
    lambda index, _: _changed(index, rating="five"),
    lambda index, _: _changed(index, rating=True),
    lambda index, _: _changed(index, rating=5.0001),
    lambda index, _: _changed(index, text=["a", "list"]),
    lambda index, _: _changed(index, text=None),
    lambda index, _: _changed(index, text="   \n\t "),
    lambda index, _: _changed(index, text="y" * 20_001),
    lambda index, _: _changed(index, review_id=""),
    lambda index, _: _changed(index, review_id="z" * 129),
    lambda index, _: _changed(index, review_id=index),
    lambda index, _: _changed(index, version=0),
    lambda index, _: _changed(index, version=1.5),
    lambda index, _: _changed(index, created_at="2026-10-01T12:00:00"),
    lambda index, _: _changed(index, created_at=1_790_000_000),
    lambda index, _: _changed(index, created_at="1969-01-01T00:00:00Z"),
    lambda index, _: _changed(index, created_at="2999-01-01T00:00:00Z"),
    lambda index, _: _changed(index, created_at="2150-01-01T00:00:00Z"),
    lambda index, _: _changed(index, schema_version=1),
    lambda index, _: _record(
        _replaced(index, b'"a hostile thing"', b'"bad \xff utf-8"'), Reason.MALFORMED_JSON
    ),
    lambda index, _: _record(
        _replaced(index, b'"a hostile thing"', b'"\\ud800 alone"'), Reason.MALFORMED_JSON
    ),
    lambda index, _: _record(
        _replaced(index, b'"a hostile thing"', b'"t","rating":NaN'), Reason.MALFORMED_JSON
    ),
    lambda index, _: _record(
        _replaced(index, b'"a hostile thing"', b'"t","x":-Infinity'), Reason.MALFORMED_JSON
    ),
    lambda _index, _: _record(b"", Reason.MALFORMED_JSON),
    lambda _index, _: _record(b"null", Reason.INVALID_EVENT),
    lambda _index, _: _record(b"[1, 2, 3]", Reason.INVALID_EVENT),
    lambda _index, _: _record(b'"just a text"', Reason.INVALID_EVENT),
    lambda _index, _: _record(None, Reason.NULL_VALUE),
    lambda index, _: _record(orjson.dumps(_valid(index, schema_version="2.0")), Reason.UNSUPPORTED_VERSION),
    lambda index, _: _record(orjson.dumps(_valid(index)), Reason.KEY_MISMATCH, key=None),
    lambda index, _: _record(orjson.dumps(_valid(index)), Reason.KEY_MISMATCH, key=b"p2"),
    lambda index, _: _record(orjson.dumps(_valid(index)), Reason.KEY_MISMATCH, key=b"\xff\xfe"),
]
