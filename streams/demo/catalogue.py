"""The catalogue that comes with the project: products, reviews in publication order, and malformed events."""

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import resources

import orjson

from streams.kafka.publishing import RawRecord

#: A malformed event is published after every so many reviews.
_REVIEWS_BETWEEN_MALFORMED = 30


def products() -> list[dict[str, object]]:
    """The products, each a `Product` event."""
    return [orjson.loads(line) for line in _lines("products.jsonl")]


def records(*, until: datetime | None = None) -> Iterator[RawRecord]:
    """Every event of the demonstration, keyed, in the order of publication: good ones and malformed ones.

    Args:
        until: when the last review was written, timezone-aware, the others as long before as they are in the
            catalogue; None: as there. What alerts look at is of the last days.
    """
    malformed = iter([_malformed(line) for line in _lines("malformed.jsonl")])
    for number, line in enumerate(_moved(_lines("reviews.jsonl"), until), start=1):
        yield RawRecord(orjson.loads(line)["product_id"].encode(), line)
        if number % _REVIEWS_BETWEEN_MALFORMED == 0 and (bad := next(malformed, None)) is not None:
            yield bad
    yield from malformed


def _moved(lines: Sequence[bytes], until: datetime | None) -> Sequence[bytes]:
    if until is None:
        return lines
    reviews = [orjson.loads(line) for line in lines]
    written = [datetime.fromisoformat(review["created_at"]) for review in reviews]
    by = until - max(written)
    return [
        orjson.dumps(review | {"created_at": (moment + by).isoformat()})
        for review, moment in zip(reviews, written, strict=True)
    ]


def _malformed(line: bytes) -> RawRecord:
    told = orjson.loads(line)
    key = told["key"].encode() if told["key"] is not None else None
    if "value_base64" in told:
        return RawRecord(key, base64.b64decode(told["value_base64"]))
    return RawRecord(key, told["value"].encode() if told["value"] is not None else None)


def _lines(name: str) -> list[bytes]:
    text = resources.files("streams.demo").joinpath(name).read_bytes()
    return [line for line in text.split(b"\n") if line.strip()]
