"""The list of topics keeps the promises that its readers build on."""

import re

import pytest
from event_samples import EVENTS
from hypothesis import given
from hypothesis import strategies as st

from schemas import dead_letters
from schemas.events import ModelVersion, Output
from schemas.learning import ModelPromoted
from schemas.operations import AuditEvent
from schemas.topics import INPUTS, PRODUCT_SUMMARY, TOPICS, dead_letter_topic, topic_named


def test_names_and_contracts_are_unique() -> None:
    """A topic is known by its name and by its contract."""
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
    assert len({topic.contract for topic in TOPICS}) == len(TOPICS)


@given(st.sampled_from(TOPICS), st.data())
def test_every_event_has_its_topics_key(topic: object, data: st.DataObject) -> None:
    """The key that a topic names is text, never empty, on every event of its contract."""
    assert topic in TOPICS
    known = TOPICS[TOPICS.index(topic)]

    assert known.key_of(data.draw(EVENTS[known.contract]))


def test_only_compacted_topics_take_nulls_and_none_forgets_by_time() -> None:
    """A null means that a key is gone, which only compaction can honour; compacted records do not expire."""
    for topic in TOPICS:
        is_compacted = topic.cleanup_policy == "compact"
        assert (topic.retention_ms is None) == is_compacted
        assert is_compacted or not topic.nullable


def test_every_topic_but_what_is_served_or_leaves_has_dead_letters() -> None:
    """Only topics that no role reads, or that are served from, go without a dead-letter topic."""
    assert {topic.name for topic in TOPICS if not topic.dead_letters} == {
        "copy-ready",
        "product-summary",
        "enriched-product",
        "product-alert",
        "product-document",
        "audit",
    }
    assert dead_letter_topic("copy-request") == "copy-request.dlq"


def test_only_topics_whose_keys_are_no_products_have_partitions_of_their_own() -> None:
    """What belongs to a product meets on one worker, so nothing keyed by products may differ."""
    own = {topic.name: topic.partitions for topic in TOPICS if topic.partitions is not None}
    assert own == {"user-behaviour": 4, "erasure-requested": 1, "audit": 1}
    assert {topic.key for topic in TOPICS if topic.name in own} == {"user_id", "subject_id", "subject"}


def test_whatever_this_project_publishes_says_where_it_comes_from() -> None:
    """All topics but the inputs carry outputs with their lineage; promotions and audits, of no record, their own."""
    for topic in TOPICS:
        is_lineage_known = issubclass(topic.contract, Output) or topic.contract in {ModelPromoted, AuditEvent}
        assert is_lineage_known == (topic not in INPUTS)
    assert ModelPromoted.model_fields["model"].annotation is ModelVersion


def test_a_topic_is_found_by_its_name() -> None:
    """The exact name finds it."""
    assert topic_named("product-summary") is PRODUCT_SUMMARY


@pytest.mark.parametrize(
    ("name", "hint"),
    [("product-sumary", "did you mean 'product-summary'?"), ("?", "there are: new-review, new-product,")],
)
def test_a_wrong_name_is_answered_with_the_right_one(name: str, hint: str) -> None:
    """The nearest name if there is one, else all of them."""
    with pytest.raises(ValueError, match=re.escape(hint)):
        topic_named(name)


def test_dead_letter_headers_are_told_apart_by_their_prefix() -> None:
    """Every header is ours by name, described, and none is listed as optional that does not exist."""
    assert all(re.fullmatch("reviewstream-[a-z-]+", name) for name in dead_letters.HEADERS)
    assert set(dead_letters.HEADERS) >= dead_letters.OPTIONAL_HEADERS


def test_dead_letter_reasons_are_the_ones_that_are_published() -> None:
    """The reasons are a published vocabulary: none may change its spelling."""
    assert {str(reason) for reason in dead_letters.DeadLetterReason} == {
        "malformed_json",
        "invalid_event",
        "unsupported_version",
        "null_value",
        "key_mismatch",
        "too_large",
        "preparation_error",
        "model_error",
        "model_timeout",
        "out_of_memory",
        "generation_error",
    }
