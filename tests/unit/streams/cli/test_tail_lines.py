"""What `tail` prints of a record is what is there, whatever others wrote into it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import dead_letters
from schemas.alerts import ProductAlert
from schemas.events import Event
from schemas.products import Product
from schemas.reviews import Review, ReviewEnriched
from schemas.summaries import ProductSummary, ProductText, RefreshRequested
from schemas.topics import TOPICS
from streams.app import planned_topics
from streams.cli.data import _topic_named
from streams.cli.event_lines import event_line
from streams.cli.record_lines import print_record
from streams.delivery.dead_letters import dead_letter_output
from streams.delivery.records import DeadLetter
from streams.errors import ConfigurationError
from streams.settings import KafkaSettings
from tests.fakes import FakeRecord
from tests.histories import enriched, opinionated
from tests.poison import CONSUMED, poisoned
from tests.summaries import alert, summary
from tests.unit.schemas.event_samples import EVENTS

TOPICS_BY_CONTRACT = {topic.contract: topic for topic in TOPICS}
HOSTILE = ["[/b]", "[bold]x[/]", "[link=http://a]", "\\[/]", "{x}", "%s", "[", "]", ""]


def record(**more: Any) -> Any:
    fields = {
        "topic": "new-review",
        "partition": 1,
        "offset": 2,
        "timestamp": -1,
        "key": b"k",
        "value": b"{}",
    }
    return SimpleNamespace(**{**fields, "headers": (), **more})


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_that_others_wrote_is_markup(
    text: str, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a key, in a header's name and value, in a value that is JSON and in one that is none."""
    raw = text.encode()
    for value in (raw, orjson.dumps({"id": text}), None):
        headers = (("reviewstream-error", raw), (f"a{text}", raw), ("null", None))
        print_record(record(key=raw, value=value, headers=headers), Review, as_json=as_json)
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 3
    if not as_json:
        assert f"error={text} " in printed


def every_poison() -> Iterator[tuple[type[Event], Any]]:
    for topic in CONSUMED:
        for sent in poisoned(topic, 42, seed=9):
            yield topic.contract, record(key=sent.key, value=sent.value, timestamp=sent.timestamp_ms)


@pytest.mark.parametrize("as_json", [False, True])
def test_poison_does_not_stop_it(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever looks for the cause can look at every record there is."""
    for contract, poison in every_poison():
        for carries in (contract, None):
            print_record(poison, carries, as_json=as_json)
            assert capsys.readouterr().out.count("\n") == 1


def line_of(event: Event, capsys: pytest.CaptureFixture[str]) -> str:
    print_record(record(value=event.model_dump_json().encode()), type(event), as_json=False)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    return printed


def read(contract: type[Event], fields: Any) -> Any:
    return contract.model_validate_json(orjson.dumps(fields, default=str))


def test_an_enriched_review_is_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """Review, product, sentiment, and each aspect with its words; no vector, no braces, no timings."""
    fields = opinionated("r1")
    line = line_of(read(ReviewEnriched, fields), capsys)
    for part in ("r1", str(fields["product_id"]), fields["sentiment"]["label"]):
        assert part in line
    for opinion in fields["aspects"]:
        assert opinion["aspect"].replace("_", " ") in line
        assert f"“{opinion['quote']}”" in line
    assert "{" not in line
    assert "embedding" not in line


def test_a_review_without_aspects_shows_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """And one that is gone says so."""
    fields = opinionated("r1") | {"aspects": []}
    assert fields["text"][:60] in line_of(read(ReviewEnriched, fields), capsys)
    assert "removed" in line_of(read(ReviewEnriched, enriched("r1", 2, removed=True)), capsys)


def test_what_a_product_has_is_told_in_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a summary counts and text, of an alert what rose and the quotes."""
    line = line_of(read(ProductSummary, summary("lamp", reviews=1_234, negative=34)), capsys)
    for part in ("lamp", "1,234 reviews", "negative 34", "Reviewers like it."):
        assert part in line
    raised = alert()
    line = line_of(read(ProductAlert, raised), capsys)
    for part in (
        raised["product_id"],
        raised["kind"].replace("_", " "),
        raised["state"],
        "reviews, before that",
    ):
        assert part in line


def test_inputs_are_told_in_their_words(capsys: pytest.CaptureFixture[str]) -> None:
    """A review with stars and text, a product with its title."""
    moment = "2026-11-25T10:00:00Z"
    review = {"review_id": "r7", "product_id": "lamp", "text": "Bright.", "rating": 4, "created_at": moment}
    line = line_of(read(Review, review), capsys)
    assert all(part in line for part in ("r7", "lamp", "4 ★", "Bright."))
    product = {"product_id": "lamp", "title": "Desk lamp", "brand": "Lumen", "updated_at": moment}
    line = line_of(read(Product, product), capsys)
    assert all(part in line for part in ("lamp", "Desk lamp", "Lumen"))


def test_a_dead_letter_says_why_and_whence(capsys: pytest.CaptureFixture[str]) -> None:
    """Before what it holds."""
    letter = DeadLetter(
        FakeRecord(41, key=b"lamp", value=b"no json", partition=3),
        dead_letters.DeadLetterReason.MALFORMED_JSON,
        "wanted JSON",
    )
    output = dead_letter_output(letter)
    print_record(
        record(topic=output.topic, key=output.key, value=output.value, headers=output.headers),
        None,
        as_json=False,
    )
    line = capsys.readouterr().out
    places = [
        line.index(part) for part in ("lamp", "malformed json", "new-review 3/41", "wanted JSON", "no json")
    ]
    assert places == sorted(places)
    assert "schema-version" not in line


def test_a_table_is_told_by_its_size(capsys: pytest.CaptureFixture[str]) -> None:
    """What only a role can read is not poured out."""
    print_record(record(topic="rolling-state", value=b"\x00\xff" * 600), None, as_json=False)
    assert "k 1,200 bytes" in capsys.readouterr().out


@settings(max_examples=10)
@given(st.data())
@pytest.mark.parametrize("contract", EVENTS, ids=lambda contract: contract.__name__)
def test_every_event_is_one_readable_line(contract: type[Event], data: st.DataObject) -> None:
    """Names what it is about, and is no JSON, of whichever topic."""
    event = data.draw(EVENTS[contract])
    line = event_line(event).plain
    key = TOPICS_BY_CONTRACT[contract].key_of(event)
    assert key[:20] in line
    assert '"schema_version"' not in line


RENAMED = KafkaSettings(topic_prefix="shop.", topic_names={"new-review": "reviews"})


@pytest.mark.parametrize("kafka", [KafkaSettings(), RENAMED])
def test_whatever_topics_list_lists_can_be_followed(kafka: KafkaSettings) -> None:
    """By the name that it has on the broker."""
    for spec in planned_topics(kafka):
        assert _topic_named(spec.name, kafka)[0] == spec.name
    with pytest.raises(ConfigurationError, match="no topic of this project is named 'no-such'"):
        _topic_named("no-such", kafka)


@pytest.mark.parametrize(
    ("given_name", "name", "contract"),
    [
        ("new-review", "reviews", Review),
        ("reviews", "reviews", Review),
        ("reviews.dlq", "reviews.dlq", None),
        ("new-review.dlq", "reviews.dlq", None),
        ("shop.product-text", "shop.product-text", ProductText),
        ("refresh-requested", "shop.refresh-requested", RefreshRequested),
        ("rolling-state", "shop.rolling-state", None),
    ],
)
def test_a_renamed_topic_has_two_names(given_name: str, name: str, contract: type[Event] | None) -> None:
    """That of the contracts leads to the same."""
    assert _topic_named(given_name, RENAMED) == (name, contract)
