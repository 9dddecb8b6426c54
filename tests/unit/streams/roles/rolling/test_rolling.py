"""The rolling role's handler: every record changes the tables or is a dead letter, and what it publishes is valid."""

import random
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import orjson
import pytest

from models.similarity.signatures import signature_of
from schemas.alerts import ProductAlert
from schemas.counts import SentimentCounts
from schemas.dead_letters import DeadLetterReason
from schemas.reviews import ReviewEnriched
from schemas.search import ProductDocument
from schemas.summaries import ProductSummary, ProductText, RefreshRequested
from schemas.topics import (
    ENRICHED_REVIEW,
    NEW_PRODUCT,
    PRODUCT_ALERT,
    PRODUCT_DOCUMENT,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
    ROLLING_STATE,
)
from streams.delivery.records import Effects, Partition
from streams.roles.rolling.handler import RollProducts
from streams.roles.rolling.tables import ProductTables
from streams.settings import RollingSettings
from streams.state.store import PartitionStore
from tests.fakes import FakeRecord
from tests.histories import NOW_MS, Recount, enriched, random_history, summary_counts

PARTITION = Partition(ENRICHED_REVIEW.name, 0)


def signed(text: str) -> str:
    """A text's signature as the event has it."""
    return b64encode(signature_of(text)).decode()


class OnePartition:
    """A table set of one partition that is always held."""

    changelog = ROLLING_STATE

    def __init__(self, tables: ProductTables) -> None:
        self.tables = tables

    def of(self, partition: int) -> ProductTables:
        assert partition == 0
        return self.tables

    def is_held(self, partition: int) -> bool:
        return partition == 0

    def holds(self, tables: ProductTables) -> bool:
        return tables is self.tables


class Role:
    """A handler, and all that it published."""

    def __init__(self, store: PartitionStore, **settings: Any) -> None:
        self.store = store
        self.settings = RollingSettings(**settings)
        self.now = datetime(2026, 9, 21, tzinfo=UTC)
        self.summaries: list[ProductSummary | None] = []
        self.refreshes: list[RefreshRequested] = []
        self.documents: list[ProductDocument | None] = []
        self.alerts: list[ProductAlert] = []
        self.offset = 0
        self.start()

    def start(self) -> None:
        self.tables = ProductTables(self.store, 100)
        self.handler = RollProducts(OnePartition(self.tables), self.settings, now=lambda: self.now)

    async def take(self, *events: dict[str, Any], topic: str = ENRICHED_REVIEW.name) -> Effects:
        records = [
            FakeRecord(
                self.offset + at,
                event["product_id"].encode(),
                orjson.dumps(event),
                topic,
                timestamp=1_790_000_000_000,
            )
            for at, event in enumerate(events)
        ]
        self.offset += len(records)
        return self.deliver(await self.handler(records))

    async def tick(self, *, after: timedelta = timedelta(seconds=1)) -> Effects:
        self.now += after
        return self.deliver(await self.handler.tick(PARTITION))

    def deliver(self, effects: Effects) -> Effects:
        changes = [(one.key or b"", one.value) for one in effects.outputs if one.topic == ROLLING_STATE]
        self.tables.delivered(changes, None)
        for one in effects.outputs:
            if one.topic == PRODUCT_SUMMARY.name:
                self.summaries.append(ProductSummary.model_validate_json(one.value) if one.value else None)
            elif one.topic == PRODUCT_DOCUMENT.name:
                self.documents.append(ProductDocument.model_validate_json(one.value) if one.value else None)
            elif one.topic == PRODUCT_ALERT.name and one.value:
                self.alerts.append(ProductAlert.model_validate_json(one.value))
            elif one.topic == REFRESH_REQUESTED.name and one.value:
                self.refreshes.append(RefreshRequested.model_validate_json(one.value))
        return effects


def written(number: int) -> str:
    """When the review of a number was written: an hour after the one before, and soon before all of them came."""
    return (datetime.fromtimestamp(NOW_MS / 1000, UTC) - timedelta(hours=160 - number)).isoformat()


def reviews(count: int, first: int = 0, **more: Any) -> Sequence[dict[str, Any]]:
    label = more.pop("label", "positive")
    return [
        enriched(f"r{at}", 1, sentiment={"label": label}, created_at=written(at), **more)
        for at in range(first, first + count)
    ]


async def test_published_summaries_are_valid_and_say_what_a_recount_says(store: PartitionStore) -> None:
    """Of random histories in small chunks, the last summary of each product."""
    role = Role(store)
    history = random_history(2, 600)
    for start in range(0, 600, 7):
        await role.take(*history[start : start + 7])
    recount = Recount(history)
    last = {one.product_id: one for one in role.summaries if one}
    for product_id, summary in last.items():
        assert summary_counts(summary) == recount.counts(product_id)
        assert summary.key_points
        assert summary.source.topic == ENRICHED_REVIEW.name


async def test_many_products_wait_for_the_tick(store: PartitionStore) -> None:
    """More than are published with their chunk: each once, with the next ticks, a bounded number in each."""
    role = Role(store, prompt_summaries=2, tick_summaries=3)
    events = [enriched("r", version, product_id=f"p{number}") for version in (1, 2) for number in range(5)]
    await role.take(*events)
    assert not role.summaries
    await role.tick()
    assert len(role.summaries) == 3
    await role.tick()
    assert len(role.summaries) == 5
    assert not (await role.tick()).outputs


async def test_a_new_owner_publishes_what_the_old_one_did_not(store: PartitionStore) -> None:
    """What waits is known to the tables, not only to the worker's memory."""
    role = Role(store, prompt_summaries=0, first_reviews=2)
    await role.take(*reviews(2))
    role.start()
    await role.tick()
    assert [summary.counts.reviews for summary in role.summaries if summary] == [2]
    assert [refresh.reason for refresh in role.refreshes] == ["first_reviews"]


async def test_a_tick_before_the_tables_are_there_does_nothing(store: PartitionStore) -> None:
    """A partition is assigned first and restored then."""
    role = Role(store)
    assert not (await role.handler.tick(Partition(ENRICHED_REVIEW.name, 1))).outputs


async def test_texts_are_refreshed_by_the_policy(store: PartitionStore) -> None:
    """First at five reviews, then on growth, on a shift, on removal, and at last by age."""
    role = Role(store)
    await role.take(*reviews(4))
    await role.tick()
    assert not role.refreshes
    await role.take(*reviews(16, 4))
    await role.tick()
    await role.take(*reviews(3, 20))
    await role.tick()
    assert [refresh.reason for refresh in role.refreshes] == ["first_reviews"]
    await role.take(*reviews(1, 23))
    await role.tick()
    assert [refresh.reason for refresh in role.refreshes][1:] == ["new_reviews"]
    await role.take(*reviews(4, 24, label="negative"))
    await role.tick()
    assert not role.refreshes[2:]
    await role.take(*(enriched(f"r{number}", 2, removed=True) for number in (0, 1)))
    await role.tick()
    assert [refresh.reason for refresh in role.refreshes][2:] == ["evidence_removed"]
    await role.take(*reviews(1, 40))
    await role.tick()
    await role.tick(after=timedelta(days=8))
    assert [(refresh.reason, refresh.generation) for refresh in role.refreshes][3:] == [("age", 4)]
    assert role.summaries[-1] is not None
    assert role.summaries[-1].generation == 4


async def test_a_shift_in_the_mix_makes_a_text_old(store: PartitionStore) -> None:
    """Few reviews more, all of them negative."""
    role = Role(store, growth=10)
    await role.take(*reviews(20))
    await role.tick()
    await role.take(*reviews(5, 20, label="negative"))
    await role.tick()
    assert [refresh.reason for refresh in role.refreshes] == ["first_reviews", "sentiment_shift"]


async def test_the_hottest_products_are_refreshed_first_and_no_more_than_the_budget(
    store: PartitionStore,
) -> None:
    """Two a minute: the two in which most has changed, the third a minute later."""
    role = Role(store, refreshes_per_minute=2)
    for product_id, count in (("cold", 5), ("hot", 9), ("warm", 7)):
        await role.take(*reviews(count, product_id=product_id))
    await role.tick()
    await role.tick()
    assert [refresh.product_id for refresh in role.refreshes] == ["hot", "warm"]
    await role.tick(after=timedelta(minutes=1))
    assert [refresh.product_id for refresh in role.refreshes] == ["hot", "warm", "cold"]


async def test_a_surge_of_negative_reviews_is_an_alert_with_evidence_and_an_end(
    store: PartitionStore,
) -> None:
    """Raised once, with the guilty reviews' own words; resolved when the reviews are as before."""
    role = Role(store)
    await role.take(*reviews(60), *reviews(6, 60, label="negative"))
    opinion = {
        "aspect": "quality",
        "sentiment": "negative",
        "score": 0.9,
        "confidence": 0.9,
        "field": "text",
        "start": 0,
        "end": 20,
        "quote": "It broke on day two.",
    }
    for number in range(70, 80):
        await role.take(*reviews(1, number, label="negative", aspects=[opinion]))
    kinds = [(alert.kind, alert.aspect, alert.state) for alert in role.alerts]
    assert kinds == [("negative_surge", None, "raised"), ("aspect_surge", "quality", "raised")]
    for alert in role.alerts:
        assert alert.observed.matching == len(alert.review_ids) >= 4
        assert alert.p_value < 0.001
    assert {quote.text for quote in role.alerts[1].quotes} == {"It broke on day two."}

    for number in range(100, 140):
        await role.take(*reviews(1, number))
    assert [(alert.kind, alert.state) for alert in role.alerts[2:]] == [
        ("aspect_surge", "resolved"),
        ("negative_surge", "resolved"),
    ]
    assert {alert.alert_id for alert in role.alerts[2:]} == {alert.alert_id for alert in role.alerts[:2]}


async def test_an_alert_ends_with_time(store: PartitionStore) -> None:
    """A month after it was raised, without another review; a new owner knows of it."""
    role = Role(store)
    await role.take(*reviews(60), *reviews(12, 60, label="negative"))
    assert [alert.state for alert in role.alerts] == ["raised"]
    role.start()
    await role.tick(after=timedelta(days=29))
    await role.tick(after=timedelta(days=2))
    await role.tick(after=timedelta(days=2))
    assert [alert.state for alert in role.alerts] == ["raised", "resolved"]


async def test_five_stars_that_look_alike_are_an_alert(store: PartitionStore) -> None:
    """The same praise again and again, a word changed."""
    role = Role(store)
    rng = random.Random(1)
    for number in range(60):
        text = " ".join("".join(rng.choices("abcdefghij", k=6)) for _ in range(15))
        seen = {"text": text, "signature": signed(text), "created_at": written(number)}
        await role.take(enriched(f"r{number}", 1, rating=5, **seen))
    praise = "The best kettle in the whole wide world, my family loves it and so will yours, buy it now"
    for number in range(12):
        text = f"{praise} {number}!"
        seen = {"text": text, "signature": signed(text), "created_at": written(60 + number)}
        await role.take(enriched(f"x{number}", 1, rating=5, **seen))
    assert [(alert.kind, alert.state) for alert in role.alerts] == [("lookalike_surge", "raised")]
    assert role.alerts[0].quotes[0].text.startswith("The best kettle")


def text_of(refresh: RefreshRequested, *cited: str, generation: int | None = None) -> dict[str, Any]:
    """What the generate role answers: a count, and a claim for each cited review."""
    claims = [{"text": f"{refresh.counts.reviews} reviews.", "method": "template", "count": 1}]
    claims += [
        {"text": f"Says {one}.", "method": "template", "count": 1, "review_ids": [one]} for one in cited
    ]
    return {
        "product_id": refresh.product_id,
        "generation": generation or refresh.generation,
        "language": "en",
        "claims": claims,
        "pros": ["quality"],
        "prompt_version": "1",
        "snapshot_offset": refresh.source.offset,
        "review_count": refresh.counts.reviews,
        "source": refresh.source.model_dump(),
        "made_at": "2026-09-20T12:00:00Z",
    }


def last_text(role: Role) -> str | None:
    assert role.summaries[-1] is not None
    return role.summaries[-1].text


async def test_a_text_is_told_until_a_review_it_cites_goes(store: PartitionStore) -> None:
    """At once, sentence by sentence: a removal, then an edit; a text without evidence is none."""
    role = Role(store)
    await role.take(*reviews(6))
    await role.tick()
    event = text_of(role.refreshes[0], "r1", "r2")
    ProductText.model_validate_json(orjson.dumps(event))
    await role.take(event, topic=PRODUCT_TEXT.name)
    assert last_text(role) == "6 reviews. Says r1. Says r2."
    summary = role.summaries[-1]
    assert summary is not None
    assert (summary.method, summary.text_generation, summary.pros) == ("extractive", 1, ("quality",))
    await role.take(enriched("r1", 2, removed=True))
    assert last_text(role) == "6 reviews. Says r2."
    await role.take(enriched("r2", 2))
    assert last_text(role) is None


async def test_a_text_comes_too_late_for_what_changed_since_its_snapshot(store: PartitionStore) -> None:
    """A cited review was edited, another one removed, while the text was written."""
    role = Role(store)
    await role.take(*reviews(6))
    await role.tick()
    await role.take(enriched("r1", 2), enriched("r2", 2, removed=True))
    await role.take(text_of(role.refreshes[0], "r1", "r2", "r3"), topic=PRODUCT_TEXT.name)
    assert last_text(role) == "6 reviews. Says r3."


async def test_an_older_generation_never_replaces_a_newer_one(store: PartitionStore) -> None:
    """Texts that come twice, or in another order, and one from before the product was withdrawn."""
    role = Role(store)
    await role.take(*reviews(6))
    await role.tick()
    request = role.refreshes[0]
    await role.take(text_of(request, "r1", generation=3), topic=PRODUCT_TEXT.name)
    for generation in (2, 3):
        await role.take(text_of(request, "r2", generation=generation), topic=PRODUCT_TEXT.name)
    assert last_text(role) == "6 reviews. Says r1."
    for version, removed in ((1, True), (2, False)):
        product = {
            "product_id": "p",
            "version": version,
            "title": "Lamp",
            "removed": removed,
            "updated_at": "2026-09-20T00:00:00Z",
        }
        await role.take(product, topic=NEW_PRODUCT.name)
    await role.take(*reviews(6))
    await role.take(text_of(request, "r1"), topic=PRODUCT_TEXT.name)
    assert last_text(role) is None


def of_stars(review_id: str, version: int, rating: float, label: str) -> dict[str, Any]:
    """Stars without words, as the enrich role passes them on."""
    sentiment = {"label": label, "basis": "stars"}
    return enriched(review_id, version, status="rating_only", text=None, rating=rating, sentiment=sentiment)


async def test_stars_without_words_count_as_a_shop_counts_them(store: PartitionStore) -> None:
    """In the average and among the latest reviews; a product has no language of theirs."""
    role = Role(store)
    read = enriched(
        "r1", 1, rating=4, sentiment={"label": "positive"}, language={"code": "zh", "confidence": 1.0}
    )
    await role.take(read, of_stars("s0", 1, 5, "positive"), of_stars("s1", 1, 1, "negative"))
    summary = role.summaries[-1]
    assert summary is not None
    assert (summary.counts.reviews, summary.average_rating, summary.language) == (3, 3.33, "zh")
    assert summary.counts.rating_histogram == (0, 1, 0, 0, 1, 1)
    assert (summary.counts.sentiment.positive, summary.counts.languages) == (2, {"zh": 1})
    stars = summary.counts.sentiment_from_stars
    assert stars is not None
    assert (stars.negative, stars.neutral, stars.positive) == (1, 0, 1)
    latest = {
        one.review_id: (one.text is None, one.language, one.sentiment) for one in summary.latest_reviews
    }
    assert latest == {
        "r1": (False, "zh", "positive"),
        "s0": (True, None, "positive"),
        "s1": (True, None, "negative"),
    }

    await role.take(*(enriched(f"s{at}", 2, removed=True) for at in range(2)))
    after = role.summaries[-1]
    assert after is not None
    assert (after.average_rating, after.counts.reviews) == (4.0, 1)
    assert after.counts.sentiment_from_stars == SentimentCounts(negative=0, neutral=0, positive=0)


@pytest.mark.parametrize(
    ("ratings", "average"),
    [
        ((5, 5, 1), 3.67), ((5,), 5.0), ((0, 5), 2.5), ((4.5, 4.0, 3.5), 4.0),
        ((1, 1, 1, 1, 2), 1.2), ((3,) * 40 + (5,) * 2, 3.1), ((4.9, 4.8, 4.8), 4.83),
    ],
)  # fmt: skip
async def test_an_average_is_the_shops_own(
    store: PartitionStore, ratings: tuple[float, ...], average: float
) -> None:
    """With and without words, the mean of all ratings; an edit from words to stars alone changes none of them."""
    role = Role(store)
    await role.take(*(of_stars(f"s{at}", 1, rating, "neutral") for at, rating in enumerate(ratings)))
    summary = role.summaries[-1]
    assert summary is not None
    assert (summary.counts.reviews, summary.average_rating) == (len(ratings), average)
    await role.take(enriched("s0", 2, rating=ratings[0], sentiment={"label": "neutral"}))
    summary = role.summaries[-1]
    assert summary is not None
    stars = summary.counts.sentiment_from_stars
    assert stars is not None
    assert (summary.average_rating, summary.counts.sentiment.neutral) == (average, len(ratings))
    assert stars.neutral == len(ratings) - 1


NO_TIMES = (-1, 0, 1_790_000_000, 1_790_000_000_000_000, 253_402_300_800_000, 4_102_444_800_000, 2**63 - 1)


@pytest.mark.parametrize("no_time", NO_TIMES)
async def test_a_time_that_is_none_is_replaced_by_what_the_event_says(
    store: PartitionStore, no_time: int
) -> None:
    """Of a product's record, and of the review's that an enriched review names: summaries are of a believable time."""
    role = Role(store)
    product = {"product_id": "p", "title": "Lamp", "updated_at": "2026-08-01T00:00:00Z"}
    record = FakeRecord(0, b"p", orjson.dumps(product), NEW_PRODUCT.name, timestamp=no_time)
    role.deliver(await role.handler([record]))
    assert role.summaries[-1] is not None
    assert role.summaries[-1].as_of == datetime(2026, 8, 1, tzinfo=UTC)
    assert role.summaries[-1].source.timestamp_ms == role.summaries[-1].as_of.timestamp() * 1000
    review = enriched("r1", 1, created_at="2026-09-01T12:00:00Z")
    review["source"] = review["source"] | {"timestamp_ms": max(0, no_time)}
    await role.take(review)
    summary = role.summaries[-1]
    assert summary is not None
    assert summary.as_of == datetime(2026, 9, 1, 12, tzinfo=UTC)
    assert [(day.day.isoformat(), day.reviews) for day in summary.days] == [("2026-09-01", 1)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"product_id": "a\x00b"}, {"product_id": "a\n"}, {"title": None}, {"title": "x" * 2**20},
        {"price": 9.5}, {"version": 2**64}, {"version": 2**63}, {"updated_at": None},
    ],
    ids=lambda wrong: f"{wrong}"[:30],
)  # fmt: skip
async def test_a_product_is_read_by_its_contract_in_full(
    store: PartitionStore, wrong: dict[str, Any]
) -> None:
    """What the contract refuses is set aside, and the product after it is told of."""
    role = Role(store)
    good = {"product_id": "p", "title": "Lamp", "updated_at": "2026-08-01T00:00:00Z"}
    values = [msgspec.json.encode(good | wrong), orjson.dumps(good)]
    records = [
        FakeRecord(
            at, str((good | wrong)["product_id"]).encode() if at == 0 else b"p", value, NEW_PRODUCT.name
        )
        for at, value in enumerate(values)
    ]
    effects = role.deliver(await role.handler(records))
    assert [letter.record.offset for letter in effects.dead_letters] == [0]
    assert [summary.title for summary in role.summaries if summary is not None] == ["Lamp"]


async def test_a_text_of_a_product_that_nothing_is_known_of_makes_no_summary(store: PartitionStore) -> None:
    """There is no summary of nothing, from the year 1970; with the first review there is one."""
    role = Role(store)
    await role.take(*reviews(6))
    await role.tick()
    event = text_of(role.refreshes[0], "r1") | {"product_id": "q"}
    role.summaries.clear()
    await role.take(event, topic=PRODUCT_TEXT.name)
    await role.tick()
    assert role.summaries == []
    await role.take(enriched("r1", 1, product_id="q"))
    (summary,) = role.summaries
    assert summary is not None
    assert (summary.product_id, summary.counts.reviews) == ("q", 1)


async def test_a_withdrawn_product_is_published_as_gone(store: PartitionStore) -> None:
    """A null, and nothing of its reviews is left."""
    role = Role(store)
    await role.take(*reviews(3))
    gone = {"product_id": "p", "version": 1, "removed": True, "updated_at": "2026-09-20T00:00:00Z"}
    await role.take(gone, topic=NEW_PRODUCT.name)
    assert role.summaries[-1] is None
    await role.tick()
    assert not list(role.tables.reviews_of("p"))
    assert not list(role.tables.listed("p", b""))


async def test_a_product_without_reviews_has_a_summary(store: PartitionStore) -> None:
    """With its title, and nothing counted."""
    role = Role(store)
    product = {"product_id": "p", "title": "Lamp", "category": "Home", "updated_at": "2026-09-20T00:00:00Z"}
    await role.take(product, topic=NEW_PRODUCT.name)
    summary = role.summaries[-1]
    assert summary is not None
    assert (summary.title, summary.category, summary.counts.reviews) == ("Lamp", "Home", 0)
    assert summary.source.topic == NEW_PRODUCT.name


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"p", None, DeadLetterReason.NULL_VALUE),
        (b"p", b"{", DeadLetterReason.MALFORMED_JSON),
        (b"p", b"\xff", DeadLetterReason.MALFORMED_JSON),
        (b"p", b"{}", DeadLetterReason.INVALID_EVENT),
        (b"q", orjson.dumps(enriched("r", 1)), DeadLetterReason.KEY_MISMATCH),
        (
            b"p",
            orjson.dumps({**enriched("r", 1), "schema_version": "2.0"}),
            DeadLetterReason.UNSUPPORTED_VERSION,
        ),
        (b"p", orjson.dumps({**enriched("r", 1), "review_version": 0}), DeadLetterReason.INVALID_EVENT),
        (b"p", orjson.dumps({**enriched("r", 1), "text": None}), DeadLetterReason.INVALID_EVENT),
        (
            b"p",
            orjson.dumps(enriched("r", 1, created_at="2026-01-01T00:00:00")),
            DeadLetterReason.INVALID_EVENT,
        ),
        (b"p", orjson.dumps(enriched("r", 1, sentiment={"label": "great"})), DeadLetterReason.INVALID_EVENT),
        (b"p", orjson.dumps(enriched("r", 1, rating=7)), DeadLetterReason.INVALID_EVENT),
        (b"p", orjson.dumps(enriched("r", 1, signature="=")), DeadLetterReason.INVALID_EVENT),
    ],
)
async def test_what_cannot_be_read_is_set_aside(
    store: PartitionStore, key: bytes, value: bytes | None, reason: DeadLetterReason
) -> None:
    """With its reason, and the others of its chunk are applied."""
    role = Role(store)
    good = FakeRecord(1, b"p", orjson.dumps(enriched("good", 1)), ENRICHED_REVIEW.name)
    effects = role.deliver(await role.handler([FakeRecord(0, key, value, ENRICHED_REVIEW.name), good]))
    assert [letter.reason for letter in effects.dead_letters] == [reason]
    assert [summary.counts.reviews for summary in role.summaries if summary] == [1]


def test_the_histories_of_these_tests_follow_the_contract() -> None:
    """What the fast reader reads is what the enrich role publishes."""
    for event in random_history(4, 200):
        more: dict[str, Any] = {}
        if event["status"] != "removed":
            label = event["sentiment"]["label"]
            shares = {"negative": 0.0, "neutral": 0.0, "positive": 0.0, label: 1.0}
            more["sentiment"] = {**event["sentiment"], **shares}
        if event["status"] == "enriched":
            more["sentences"] = [{**sentence, "score": 1.0} for sentence in event["sentences"]]
            more["model"] = {"name": "m", "version": "1"}
        ReviewEnriched.model_validate_json(orjson.dumps({**event, **more}))
