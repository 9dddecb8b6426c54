"""Topics may be renamed: by a prefix, one by one, and nothing is named otherwise."""

from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest

from schemas.topics import NEW_REVIEW, TOPICS, dead_letter_topic
from streams.app import planned_topics
from streams.errors import ConfigurationError
from streams.kafka.connection import KafkaConnection
from streams.roles.rolling.topics import LIVE
from streams.settings import KafkaSettings, Settings, TopicNames, load
from streams.web.catalogue import KnownProduct, Stored
from streams.web.product_bodies import product_body
from streams.worker.role import Role
from tests.fakes import FakeRecord
from tests.roles import enrich_role, generate_role
from tests.summaries import TODAY, document, summary

PREFIXED = KafkaSettings(topic_prefix="shop-1.")
MAPPED = KafkaSettings(
    topic_prefix="shop-1.",
    topic_names={"new-review": "reviews_in", "rolling-state": "tables"},
    retention_days={"new-review": 3, "new-review.dlq": 2},
)

MOMENT = "2025-06-14T12:00:00Z"
REVIEW = {"review_id": "r", "product_id": "p1", "text": "Fine, it does what it should.", "created_at": MOMENT}
REFRESH = {
    "schema_version": "1.0", "product_id": "p1", "generation": 1, "as_of": MOMENT, "made_at": MOMENT,
    "reason": "growth", "counts": summary("p1")["counts"],
    "source": {"topic": "enriched-review", "partition": 0, "offset": 0, "timestamp_ms": 1},
}  # fmt: skip


def test_a_prefix_is_before_every_name() -> None:
    """Dead letters and tables, too; nothing else differs from the plan without it."""
    plain = {spec.name: spec for spec in planned_topics(KafkaSettings())}
    prefixed = {spec.name: spec for spec in planned_topics(PREFIXED)}
    assert list(prefixed) == [f"shop-1.{name}" for name in plain]
    assert [spec.configuration for spec in prefixed.values()] == [
        spec.configuration for spec in plain.values()
    ]


def test_a_mapped_topic_has_the_name_that_is_given() -> None:
    """Without the prefix; its dead letters follow it, and its retention is still set by its name here."""
    planned = {spec.name: spec for spec in planned_topics(MAPPED)}
    assert {"reviews_in", "reviews_in.dlq", "tables", "shop-1.new-product"} <= set(planned)
    assert not {"new-review", "shop-1.new-review", "shop-1.rolling-state"} & set(planned)
    kept_ms = [int(planned[name].configuration["retention.ms"]) for name in ("reviews_in", "reviews_in.dlq")]
    assert kept_ms == [3 * 86_400_000, 2 * 86_400_000]


@pytest.mark.parametrize("kafka", [KafkaSettings(), PREFIXED, MAPPED])
def test_every_name_is_its_own(kafka: KafkaSettings) -> None:
    """No two topics share one."""
    names = [spec.name for spec in planned_topics(kafka)]
    assert len(set(names)) == len(names) > len(TOPICS)
    assert dead_letter_topic(kafka.names(NEW_REVIEW.name)) in names


def test_the_rolling_role_reads_and_writes_renamed_topics() -> None:
    """All of them."""
    renamed = LIVE.renamed(MAPPED.names)
    names = {
        renamed.reviews, renamed.products, renamed.texts, renamed.summaries, renamed.refreshes, renamed.alerts,
    }  # fmt: skip
    assert all(name.startswith("shop-1.") for name in names)
    assert len(names) == 6


@pytest.mark.parametrize(
    ("role", "read", "event", "written"),
    [
        (enrich_role(), "reviews_in", REVIEW, "shop-1.enriched-review"),
        (generate_role(), "shop-1.refresh-requested", REFRESH, "shop-1.product-text"),
    ],
    ids=["enrich", "generate"],
)
async def test_a_role_publishes_to_renamed_topics(
    role: Role, read: str, event: dict[str, Any], written: str
) -> None:
    """What it makes of a record of a topic that is named otherwise."""
    client = KafkaConnection("nowhere:1")
    async with AsyncExitStack() as stack:
        worker: Any = role.worker(role, Settings(kafka=MAPPED), stack)
        handler = await worker.load_handler(client, is_kafka=True)
        effects = await handler([FakeRecord(1, topic=read, value=orjson.dumps(event))])
    assert ([output.topic for output in effects.outputs], effects.dead_letters) == ([written], [])


def test_a_product_names_the_topic_it_came_from() -> None:
    """By the name with which it can be looked up."""
    raw = document("lamp")
    found = KnownProduct(Stored("lamp", "1", 0, 1, raw), raw)
    body: Any = product_body(found, today=TODAY, topic="shop.products")
    assert body["versions"]["source"]["topic"] == "shop.products"


@pytest.mark.parametrize(
    ("prefix", "mapping", "said"),
    [
        ("", {"no-such": "x"}, "wanted one of new-review, .*rolling-state; got 'no-such'"),
        ("", {"new-review.dlq": "x"}, "got 'new-review.dlq'"),
        ("", {"new-review": "with space"}, "new-review: wanted 1 to 245 letters"),
        ("", {"new-review": ""}, "wanted 1 to 245"),
        ("", {"new-review": ".."}, "wanted 1 to 245"),
        ("", {"new-review": "x" * 246}, "wanted 1 to 245"),
        (
            "",
            {"new-review": "new-product"},
            "name of its own for each topic, got new-product, new-product.dlq twice",
        ),
        ("", {"new-review": "a", "new-product": "a"}, "got a, a.dlq twice"),
        ("", {"product-alert": "new-review.dlq"}, "got new-review.dlq twice"),
        ("shop/", {}, "TOPIC_PREFIX"),
        ("x" * 101, {}, "TOPIC_PREFIX"),
    ],
)
def test_names_that_cannot_be_are_refused_at_start(
    monkeypatch: pytest.MonkeyPatch, prefix: str, mapping: dict[str, str], said: str
) -> None:
    """With what was wanted and got."""
    monkeypatch.setenv("REVIEWSTREAM_KAFKA__TOPIC_PREFIX", prefix)
    monkeypatch.setenv("REVIEWSTREAM_KAFKA__TOPIC_NAMES", orjson.dumps(mapping).decode())
    with pytest.raises(ConfigurationError, match=said):
        load()


def test_names_that_are_no_json_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable, and what is wanted."""
    monkeypatch.setenv("REVIEWSTREAM_KAFKA__TOPIC_NAMES", "new-review=reviews")
    with pytest.raises(ConfigurationError, match="KAFKA__TOPIC_NAMES: wanted JSON"):
        load()


def test_a_topic_of_somebody_else_gets_the_prefix() -> None:
    """A role of one's own names its topics as the shipped ones do."""
    assert TopicNames("a.")("shelf") == "a.shelf"
    assert TopicNames("a.")("shelf.dlq") == "a.shelf.dlq"
