"""Random histories of one or more products' reviews, and a recount of what they add up to, in SQL."""

import datetime as dt
import random
import sqlite3
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import orjson

from schemas.summaries import ProductSummary
from streams.rolling.applying import apply_product, apply_review
from streams.rolling.events import read_product, read_review
from streams.rolling.product_state import ProductState
from streams.rolling.tables import Tables

DAY_MS = 86_400_000
NOW_MS = 1_790_000_000_000
ASPECTS = ("quality", "delivery", "price_and_value")
LABELS = ("negative", "neutral", "positive")


def enriched(
    review_id: str, version: int, *, product_id: str = "p", removed: bool = False, **more: Any
) -> dict[str, Any]:
    """An enriched review, with what a test wants of it."""
    more = {} if removed else {"status": "enriched"} | more
    if more.get("status") == "enriched":
        more = {"sentiment": {"label": "neutral"}} | more
    return {
        "schema_version": "1.0",
        "review_id": review_id,
        "product_id": product_id,
        "review_version": version,
        "status": "removed",
        "text": None if removed else "It does what it should and has done so for a year.",
        "created_at": "2026-09-01T12:00:00Z",
        "source": {"topic": "new-review", "partition": 0, "offset": 0, "timestamp_ms": NOW_MS},
        "made_at": "2026-09-20T12:00:00Z",
        **more,
    }


def opinionated(review_id: str, **more: Any) -> dict[str, Any]:
    """An enriched review with all that a valid one has: a negative sentiment, its model, and two aspects."""
    span = {"field": "text", "start": 0, "score": 0.9, "confidence": 0.8}
    return enriched(
        review_id,
        1,
        sentiment={"label": "negative", "negative": 0.86, "neutral": 0.08, "positive": 0.06},
        model={"name": "fake", "version": "1"},
        language={"code": "en", "confidence": 1.0},
        aspects=[
            span | {"aspect": "size_fit", "sentiment": "negative", "end": 7, "quote": "It does"},
            span
            | {
                "aspect": "quality",
                "sentiment": "positive",
                "end": 27,
                "quote": "It does what it should and",
            },
        ],
        **more,
    )


def random_version(rng: random.Random, product_id: str, review_id: str, version: int) -> dict[str, Any]:
    """A version of a review: new, edited or removed."""
    if rng.random() < 0.15:
        return enriched(review_id, version, product_id=product_id, removed=True)
    created_ms = NOW_MS - int(rng.expovariate(1 / (40 * DAY_MS)))
    text = f"{rng.choice(['Fine', 'Bad', 'Odd'])} thing number {rng.randrange(50)}, I think. " * rng.randint(
        1, 3
    )
    opinions = [
        {
            "aspect": rng.choice(ASPECTS),
            "sentiment": rng.choice(LABELS),
            "score": 0.9,
            "confidence": 0.8,
            "field": "text",
            "start": 0,
            "end": 10,
            "quote": text[:24],
            **rng.choice([{}, {"counted": True}, {"counted": False}]),
        }
        for _ in range(rng.randint(0, 3))
    ]
    if rng.random() < 0.15:
        return enriched(
            review_id,
            version,
            product_id=product_id,
            status="rating_only",
            text=None,
            created_at=_iso(created_ms),
            rating=rng.choice([0, 1, 2.5, 5]),
            sentiment={"label": rng.choice(LABELS), "basis": "stars"},
            verified_purchase=rng.random() < 0.5,
        )
    bits = rng.choice([b"\x00", b"\xff", b"\x0f", b"\x33"]) * 32
    return enriched(
        review_id,
        version,
        product_id=product_id,
        text=text,
        created_at=_iso(created_ms),
        rating=rng.choice([None, 0, 1, 2.5, 3, 4, 4.5, 5]),
        language={"code": rng.choice(["en", "zh"]), "confidence": 1.0},
        sentiment={"label": rng.choice(LABELS)},
        sentences=[
            {
                "field": "text",
                "start": 0,
                "end": 30,
                "sentiment": opinions[0]["sentiment"] if opinions else rng.choice(LABELS),
                "embedding": b64encode(bits).decode(),
            }
        ],
        aspects=opinions,
        verified_purchase=rng.random() < 0.5,
    )


def random_history(seed: int, events: int, *, products: int = 3) -> list[dict[str, Any]]:
    """Creations, edits and removals, some twice and some late, in a random order that keeps nothing together."""
    rng = random.Random(seed)
    history = []
    versions: dict[tuple[str, str], int] = {}
    while len(history) < events:
        product_id, review_id = f"p{rng.randrange(products)}", f"r{rng.randrange(max(4, events // 3))}"
        version = versions[product_id, review_id] = versions.get((product_id, review_id), 0) + 1
        event = random_version(rng, product_id, review_id, version)
        history += [event] * (2 if rng.random() < 0.1 else 1)
    for place in range(len(history)):  # out of order, by up to some hundred places
        other = min(len(history) - 1, place + int(rng.expovariate(1 / 50)))
        history[place], history[other] = history[other], history[place]
    return history[:events]


def apply_all(
    tables: Tables, history: Sequence[dict[str, Any]], offsets: Sequence[int] | None = None
) -> None:
    """Apply enriched reviews at offsets 0, 1, ..., or at the given ones."""
    for offset, event in zip(offsets or range(len(history)), history, strict=True):
        apply_review(tables, read_review(orjson.dumps(event)), offset)


def withdraw(tables: Tables, product_id: str, offset: int, version: int, *, removed: bool = True) -> None:
    """Apply a version of a product."""
    event = {
        "product_id": product_id,
        "version": version,
        "removed": removed,
        "title": "Lamp",
        "updated_at": "2026-09-01T12:00:00Z",
    }
    apply_product(tables, read_product(orjson.dumps(event)), offset, NOW_MS)


class Recount:
    """The newest version of every review, in SQL: written without a look at how the tables count.

    Args:
        history: enriched reviews.
        now_ms: when they were counted; none was written later.
    """

    def __init__(self, history: Sequence[dict[str, Any]], *, now_ms: int = NOW_MS) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "create table events (product text, review text, version int, removed int, rating real, "
            "sentiment text, basis text, verified int, language text, day int, created int)"
        )
        self._database.execute(
            "create table opinions (product text, review text, version int, aspect text, sentiment text)"
        )
        self._database.execute("create index known on events (product, review, version)")
        self._database.execute("create index said on opinions (product, review, version)")
        for event in history:
            key = (event["product_id"], event["review_id"], event["review_version"])
            created_ms = _milliseconds(event["created_at"])
            self._database.execute(
                "insert into events values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *key,
                    event["status"] == "removed",
                    event.get("rating"),
                    event.get("sentiment", {}).get("label"),
                    event.get("sentiment", {}).get("basis", "text"),
                    event.get("verified_purchase", False),
                    event.get("language", {}).get("code"),
                    min(created_ms, now_ms) // DAY_MS,
                    created_ms,
                ),
            )
            for one in event.get("aspects", ()):
                if not one.get("counted", True):
                    continue
                self._database.execute(
                    "insert into opinions values (?, ?, ?, ?, ?)", (*key, one["aspect"], one["sentiment"])
                )
        self._database.execute(
            "create view newest as select distinct * from events e where removed = 0 and version = "
            "(select max(version) from events where product = e.product and review = e.review)"
        )

    def has(self, product_id: str, review_id: str) -> bool:
        """Whether a review is there in the end."""
        sql = "select 1 from newest where product = ? and review = ?"
        return self._database.execute(sql, (product_id, review_id)).fetchone() is not None

    def listed(
        self, product_id: str, sentiment: str | None = None, aspect: str | None = None
    ) -> list[tuple[int, str]]:
        """When each review of a list was written and its id, the latest first: all, of a sentiment, of an opinion."""
        if aspect is not None:
            sql = (
                "select distinct n.created, n.review from newest n join opinions o on o.product = n.product and "
                "o.review = n.review and o.version = n.version where n.product = ? and o.sentiment = ? and o.aspect = ?"
            )
            rows = self._database.execute(sql, (product_id, sentiment, aspect)).fetchall()
        else:
            sql = "select created, review from newest where product = ? and (? is null or sentiment = ?)"
            rows = self._database.execute(sql, (product_id, sentiment, sentiment)).fetchall()
        return sorted(rows, reverse=True)

    def counts(self, product_id: str) -> dict[str, Any]:
        """What `state_counts` must equal."""

        def grouped(sql: str) -> dict[Any, Any]:
            return dict(self._database.execute(sql, (product_id,)).fetchall())

        reviews, hundredths, verified = self._database.execute(
            "select count(*), coalesce(sum(round(rating * 100)), 0), coalesce(sum(verified), 0) "
            "from newest where product = ?",
            (product_id,),
        ).fetchone()
        aspects = self._database.execute(
            "select o.aspect, o.sentiment, count(distinct o.review) from opinions o join newest n on "
            "o.product = n.product and o.review = n.review and o.version = n.version "
            "where o.product = ? group by 1, 2",
            (product_id,),
        ).fetchall()
        newest_day = self._database.execute(
            "select max(day) from events where product = ? and removed = 0", (product_id,)
        ).fetchone()[0]
        days = self._database.execute(
            "select day, count(*), sum(sentiment = 'negative'), sum(sentiment = 'neutral'), "
            "sum(sentiment = 'positive'), sum(sentiment = 'negative' and basis = 'stars'), "
            "sum(sentiment = 'neutral' and basis = 'stars'), sum(sentiment = 'positive' and basis = 'stars') "
            "from newest where product = ? and day > ? group by 1",
            (product_id, (newest_day or 0) - 90),
        ).fetchall()
        aspect_days = self._database.execute(
            "select n.day, o.aspect, o.sentiment, count(distinct o.review) from opinions o join newest n on "
            "o.product = n.product and o.review = n.review and o.version = n.version "
            "where o.product = ? and n.day > ? group by 1, 2, 3",
            (product_id, (newest_day or 0) - 90),
        ).fetchall()
        latest = self._database.execute(
            "select created, review from newest where product = ? order by 1 desc, 2 desc limit 10",
            (product_id,),
        ).fetchall()
        return {
            "reviews": reviews,
            "rating_hundredths": int(hundredths),
            "verified": verified,
            "histogram": grouped(
                "select cast(rating + 0.5 as int), count(*) from newest "
                "where product = ? and rating not null group by 1"
            ),
            "sentiment": grouped("select sentiment, count(*) from newest where product = ? group by 1"),
            "from_stars": grouped(
                "select sentiment, count(*) from newest where product = ? and basis = 'stars' group by 1"
            ),
            "languages": grouped(
                "select language, count(*) from newest where product = ? and language not null group by 1"
            ),
            "aspects": {(aspect, sentiment): count for aspect, sentiment, count in aspects},
            "days": {day: tuple(numbers) for day, *numbers in days},
            "aspect_days": {(day, aspect, sentiment): count for day, aspect, sentiment, count in aspect_days},
            "latest": latest,
        }


def state_counts(product: ProductState) -> dict[str, Any]:
    """A product's counters, in the words of the recount."""
    counts = product.counts
    return {
        "reviews": counts.reviews,
        "rating_hundredths": counts.rating_hundredths,
        "verified": counts.verified,
        "histogram": {rating: count for rating, count in enumerate(counts.histogram) if count},
        "sentiment": {label: n for label, n in zip(LABELS, counts.sentiment, strict=True) if n},
        "from_stars": {label: n for label, n in zip(LABELS, counts.sentiment_from_stars, strict=True) if n},
        "languages": dict(counts.languages),
        "aspects": {
            (aspect, label): n
            for aspect, triple in counts.aspects.items()
            for label, n in zip(LABELS, triple, strict=True)
            if n
        },
        "days": {day: tuple(bucket) for day, bucket in product.days.items()},
        "aspect_days": {
            (day, aspect, label): n
            for aspect, days in product.aspect_days.items()
            for day, triple in days.items()
            for label, n in zip(LABELS, triple, strict=True)
            if n
        },
        "latest": list(product.latest),
    }


def _iso(milliseconds: int) -> str:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).isoformat()


def _milliseconds(timestamp: str) -> int:
    return int(dt.datetime.fromisoformat(timestamp).timestamp() * 1000)


def summary_counts(summary: ProductSummary) -> dict[str, Any]:
    """A published summary's counters, in the words of the recount."""
    counts = summary.counts
    epoch = dt.date(1970, 1, 1)
    return {
        "reviews": counts.reviews,
        "rating_hundredths": counts.rating_hundredths,
        "verified": counts.verified_purchases,
        "histogram": {rating: count for rating, count in enumerate(counts.rating_histogram) if count},
        "sentiment": {label: n for label in LABELS if (n := getattr(counts.sentiment, label))},
        "from_stars": {label: n for label in LABELS if (n := getattr(counts.sentiment_from_stars, label, 0))},
        "languages": dict(counts.languages),
        "aspects": {
            (one.aspect, label): n for one in counts.aspects for label in LABELS if (n := getattr(one, label))
        },
        "days": {
            (day.day - epoch).days: (
                day.reviews,
                *(getattr(day, label) for label in LABELS),
                *(getattr(day.sentiment_from_stars, label) for label in LABELS),
            )
            for day in summary.days
        },
        "aspect_days": {
            ((day - epoch).days, one.aspect, label): n
            for one in summary.aspect_days
            for label in LABELS
            for day, n in zip(one.days, getattr(one, label), strict=True)
            if n
        },
        "latest": [(int(one.created_at.timestamp() * 1000), one.review_id) for one in summary.latest_reviews],
    }
