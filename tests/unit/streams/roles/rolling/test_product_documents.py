"""What search and advertising index of a product: flat, by keys, and what a recount says."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import orjson
import pytest

from schemas.search import ProductDocument
from schemas.summaries import ProductSummary
from schemas.topics import NEW_PRODUCT, PRODUCT_TEXT
from schemas.vocabularies import AD_OBSTACLES
from streams.rolling.product_state import ProductFacts, ProductState
from streams.rolling_state import PRODUCT_CODEC
from streams.state.store import PartitionStore
from tests.histories import LABELS, Recount, enriched, random_history
from tests.unit.streams.roles.rolling.test_rolling import Role, reviews, text_of

LAMP = {
    "product_id": "p",
    "title": "Lamp",
    "category": "Home",
    "brand": "Lumen",
    "price": 39.5,
    "currency": "EUR",
    "tags": ["light", "desk"],
    "language": "de",
    "updated_at": "2026-09-20T00:00:00Z",
}


def opinion(aspect: str, sentiment: str) -> dict[str, Any]:
    """An opinion as an enriched review has it."""
    return {
        "aspect": aspect, "sentiment": sentiment, "score": 0.9, "confidence": 0.9,
        "field": "text", "start": 0, "end": 10, "quote": "It does what it should.",
    }  # fmt: skip


def last(role: Role) -> ProductDocument:
    assert role.documents[-1] is not None
    return role.documents[-1]


def recounted(counts: dict[str, Any]) -> dict[str, Any]:
    """A document's numbers, of the recount's."""
    feelings = {label: counts["sentiment"].get(label, 0) for label in LABELS}
    by_aspect: dict[str, dict[str, int]] = {}
    for (aspect, label), number in counts["aspects"].items():
        by_aspect.setdefault(aspect, dict.fromkeys(LABELS, 0))[label] = number
    agreed = {
        polarity: {
            aspect
            for aspect, of in by_aspect.items()
            if of[polarity] > 1 and 2 * of[polarity] > sum(of.values())
        }
        for polarity in LABELS
    }
    ratings = sum(counts["histogram"].values())
    return {
        "review_count": counts["reviews"],
        "rating_count": ratings,
        "average_rating": pytest.approx(counts["rating_hundredths"] / 100 / ratings, abs=0.005),
        "positive_share": pytest.approx(feelings["positive"] / sum(feelings.values()), abs=5e-5),
        "negative_share": pytest.approx(feelings["negative"] / sum(feelings.values()), abs=5e-5),
        "praised": agreed["positive"],
        "criticised": agreed["negative"],
        "aspect_scores": {
            aspect: pytest.approx(of["positive"] / sum(of.values()), abs=5e-5)
            for aspect, of in by_aspect.items()
        },
    }


async def test_published_documents_say_what_a_recount_says(store: PartitionStore) -> None:
    """Of random histories in small chunks, the last document of each product."""
    role = Role(store)
    history = random_history(2, 600)
    for start in range(0, 600, 7):
        await role.take(*history[start : start + 7])
    newest = {one.product_id: one for one in role.documents if one}
    assert len(newest) == 3
    for product_id, document in newest.items():
        found = {
            **document.model_dump(),
            "praised": set(document.praised),
            "criticised": set(document.criticised),
            "aspect_scores": dict(document.aspect_scores),
        }
        wanted = recounted(Recount(history).counts(product_id))
        assert {name: found[name] for name in wanted} == wanted
        assert (
            document.as_of
            == next(s for s in reversed(role.summaries) if s and s.product_id == product_id).as_of
        )


async def test_what_the_platform_says_of_a_product_is_kept_and_published(store: PartitionStore) -> None:
    """Through reviews and another owner, until a newer version says otherwise or the product is gone."""
    role = Role(store)
    await role.take(LAMP, topic=NEW_PRODUCT.name)
    await role.take(*reviews(3, language={"code": "en", "confidence": 1.0}))
    role.start()
    await role.take(*reviews(1, 3))
    summary, document = role.summaries[-1], last(role)
    assert summary is not None
    for one in (summary, document):
        assert (one.title, one.brand, one.price, one.currency) == ("Lamp", "Lumen", 39.5, "EUR")
        assert one.tags == ("light", "desk")
    assert (summary.language, document.language) == ("en", "de")

    await role.take(LAMP | {"version": 2, "price": 35, "brand": None}, topic=NEW_PRODUCT.name)
    assert (last(role).brand, last(role).price) == (None, 35)
    await role.take(LAMP | {"version": 3, "removed": True}, topic=NEW_PRODUCT.name)
    assert (role.summaries[-1], role.documents[-1]) == (None, None)
    assert role.tables.product("p").facts == ProductFacts()
    await role.take(
        {"product_id": "p", "title": "New", "version": 4, "updated_at": LAMP["updated_at"]},
        topic=NEW_PRODUCT.name,
    )
    assert (last(role).brand, last(role).tags) == (None, ())


async def test_few_or_bad_reviews_and_alerts_are_obstacles_to_advertising(store: PartitionStore) -> None:
    """Each by its word, and none is left when the reviews are good and many."""
    role = Role(store)
    await role.take(*reviews(4, label="negative"))
    assert last(role).ads_obstacles == ("too_few_reviews", "mostly_negative")
    await role.take(*reviews(4, 4))
    assert last(role).negative_share == 0.5
    assert (last(role).ads_eligible, last(role).ads_obstacles) == (True, ())
    assert {"too_few_reviews", "mostly_negative", "alert_stands"} <= set(AD_OBSTACLES)


async def test_an_alert_keeps_a_product_from_being_advertised_until_it_is_over(store: PartitionStore) -> None:
    """The document is published anew when time alone ends the alert."""
    role = Role(store)
    await role.take(*reviews(60), *reviews(12, 60, label="negative"))
    assert last(role).standing_alerts == ("negative_surge",)
    assert last(role).ads_obstacles == ("alert_stands",)
    await role.tick(after=timedelta(days=31))
    await role.tick()
    assert [alert.state for alert in role.alerts] == ["raised", "resolved"]
    assert (last(role).standing_alerts, last(role).ads_eligible) == ((), True)


async def test_facets_are_the_pros_and_cons_by_key_counted_as_of_now(store: PartitionStore) -> None:
    """With the words of the text's language; the text's own numbers are those of its snapshot, with its moment."""
    role = Role(store)
    await role.take(
        *reviews(6, aspects=[opinion("ease_of_use", "positive"), opinion("delivery", "negative")])
    )
    await role.tick()
    facets = [
        {"key": "ease_of_use", "label": "易用性", "polarity": "positive", "reviews": 6},
        {"key": "delivery", "label": "物流", "polarity": "negative", "reviews": 6},
    ]
    as_of = role.refreshes[0].as_of.isoformat()
    text = text_of(role.refreshes[0], "r1") | {"facets": facets, "as_of": as_of}
    await role.take(text, topic=PRODUCT_TEXT.name)
    await role.take(*reviews(1, 6, aspects=[opinion("ease_of_use", "positive")]))
    summary = role.summaries[-1]
    assert summary is not None
    assert [one.model_dump() for one in summary.facets] == [{**facets[0], "reviews": 7}, facets[1]]
    assert (summary.counts.reviews, summary.text_review_count) == (7, 6)
    assert summary.text_as_of == datetime.fromisoformat(as_of)

    for number in range(7):
        if number != 1:
            await role.take(enriched(f"r{number}", 2))
    assert role.summaries[-1] is not None
    assert [(one.key, one.reviews) for one in role.summaries[-1].facets] == [
        ("ease_of_use", 1),
        ("delivery", 1),
    ]
    await role.take(enriched("r1", 2))
    assert role.summaries[-1].counts.reviews == 7
    last_summary = role.summaries[-1]
    assert last_summary is not None
    assert (last_summary.text, last_summary.facets, last_summary.text_as_of) == (None, (), None)
    assert last_summary.text_review_count == 0


def test_a_product_that_was_kept_before_its_facts_is_read_and_grows_by_few_bytes() -> None:
    """The facts stand at the end of the value: older values have none, and an empty one takes some bytes."""
    product = ProductState("p", title="Lamp", days={20_000: [3, 1, 0, 2]})
    encoded = msgspec.msgpack.encode(product)
    fields = msgspec.msgpack.decode(encoded)
    before_facts = ProductState.__struct_fields__.index("facts")
    assert len(encoded) - len(msgspec.msgpack.encode(fields[:before_facts])) <= 11
    older = PRODUCT_CODEC.decode(bytes([3]) + msgspec.msgpack.encode(fields[:before_facts]))
    assert older == product
    assert older.facts == ProductFacts()
    assert PRODUCT_CODEC.encode(product)[0] == 5


async def test_days_that_did_not_tell_stars_apart_say_so_and_stay_exact(store: PartitionStore) -> None:
    """A day that was counted before it told them apart goes on without; other days tell them."""
    role = Role(store)
    of_stars = {
        "status": "rating_only",
        "text": None,
        "rating": 1,
        "sentiment": {"label": "negative", "basis": "stars"},
    }
    await role.take(enriched("a", 1, created_at="2026-09-01T12:00:00Z", **of_stars))
    product = role.tables.product("p")
    (day,) = product.days
    product.days[day] = product.days[day][:4]
    role.tables.touch(product)
    await role.take(
        enriched("b", 1, created_at="2026-09-01T13:00:00Z", **of_stars),
        enriched("c", 1, created_at="2026-09-02T13:00:00Z", **of_stars),
        enriched("d", 1, created_at="2026-09-02T13:00:00Z"),
        enriched("a", 2, removed=True),
    )
    summary = role.summaries[-1]
    assert isinstance(summary, ProductSummary)
    assert [(one.reviews, one.negative) for one in summary.days] == [(1, 1), (2, 1)]
    assert summary.days[0].sentiment_from_stars is None
    assert orjson.loads(summary.days[1].model_dump_json())["sentiment_from_stars"] == {
        "negative": 1, "neutral": 0, "positive": 0,
    }  # fmt: skip
