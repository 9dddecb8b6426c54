"""The generated files are current, valid, and accept what the contracts accept."""

import json
from pathlib import Path

import jsonschema
import pytest
from event_samples import EVENTS, any_event
from hypothesis import given

import schemas
from schemas.dead_letters import HEADERS, DeadLetterReason
from schemas.documents import ASYNCAPI_FILE, differences, json_schema, render, write
from schemas.events import Event
from schemas.reviews import Review
from schemas.topics import TOPICS, dead_letter_topic

GENERATED = Path(schemas.__file__).parent / "generated"
VALIDATORS = {contract: jsonschema.Draft202012Validator(json_schema(contract)) for contract in EVENTS}
ASYNCAPI = json.loads(render()[ASYNCAPI_FILE])


def test_the_committed_files_are_current() -> None:
    """Whoever changes a contract commits its files with it."""
    assert differences(GENERATED) == []


def test_rendering_is_stable() -> None:
    """The same contracts give the same bytes, sorted, with a newline at the end."""
    rendered = render()

    assert render() == rendered
    assert list(rendered) == sorted(rendered)
    assert all(content.endswith(b"}\n") for content in rendered.values())


def test_differences_name_missing_stale_and_unexpected_files(tmp_path: Path) -> None:
    """Each kind of difference is one line, and writing settles them all."""
    write(tmp_path)
    assert differences(tmp_path) == []
    (tmp_path / "review.schema.json").unlink()
    (tmp_path / "product.schema.json").write_bytes(b"{}")
    (tmp_path / "invented.schema.json").write_bytes(b"{}")

    assert differences(tmp_path) == [
        "review.schema.json: missing",
        "product.schema.json: stale",
        "invented.schema.json: unexpected",
    ]

    assert {path.name for path in write(tmp_path)} == set(render())
    assert differences(tmp_path) == []


@pytest.mark.parametrize("contract", EVENTS)
def test_each_json_schema_is_a_schema(contract: type[Event]) -> None:
    """Every document follows the dialect that it declares."""
    jsonschema.Draft202012Validator.check_schema(json_schema(contract))


@given(any_event)
def test_the_json_schema_accepts_what_the_contract_accepts(event: Event) -> None:
    """A platform that validates against the published file is never stricter than the reader."""
    VALIDATORS[type(event)].validate(json.loads(event.model_dump_json()))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", "x" * 20_001),
        ("review_id", " x"),
        ("review_id", "a\x00b"),
        ("review_id", "x" * 129),
        ("rating", 5.1),
        ("rating", True),
        ("rating", "5"),
        ("version", 0),
        ("language", "english please"),
        ("created_at", 1748779200),
        ("created_at", "1748779200"),
        ("created_at", "2025-06-01T12:00:00"),
        ("schema_version", "2.0"),
        ("removed", "yes"),
    ],
)
def test_the_json_schema_refuses_what_the_contract_refuses(field: str, value: object) -> None:
    """The limits of a review are in its published file too."""
    review = {
        "review_id": "r",
        "product_id": "p",
        "text": "Fine",
        "created_at": "2025-06-01T12:00:00Z",
    }
    VALIDATORS[Review].validate(review)

    with pytest.raises(jsonschema.ValidationError):
        VALIDATORS[Review].validate({**review, field: value})


def test_the_asyncapi_document_has_every_topic() -> None:
    """Every topic and every dead-letter topic is a channel with its cleanup policy and retention."""
    channels = ASYNCAPI["channels"]
    letters = {dead_letter_topic(topic.name) for topic in TOPICS if topic.dead_letters}

    assert set(channels) == {topic.name for topic in TOPICS} | letters
    for topic in TOPICS:
        configuration = channels[topic.name]["bindings"]["kafka"]["topicConfiguration"]
        assert configuration["cleanup.policy"] == [topic.cleanup_policy]
        assert configuration.get("retention.ms") == topic.retention_ms
        assert channels[topic.name]["bindings"]["kafka"].get("partitions") == topic.partitions
    assert all(channels[name]["address"] == name for name in channels)


def test_the_asyncapi_document_says_how_records_are_keyed() -> None:
    """By a field of the event, or in words where the key is computed."""
    channels = ASYNCAPI["channels"]

    assert channels["erasure-requested"]["description"].endswith("keyed by subject_id.")
    assert "keyed by product_id, or request_id" in channels["copy-request"]["description"]
    assert "keyed by unit" in channels["model-promoted"]["description"]


def test_the_asyncapi_document_says_who_reads_and_who_writes() -> None:
    """Inputs are only received, what leaves the system only sent, what is between both."""
    operations = ASYNCAPI["operations"]

    assert "send-new-review" not in operations
    assert "receive-copy-ready" not in operations
    assert operations["receive-new-review"]["action"] == "receive"
    assert operations["send-new-review.dlq"]["action"] == "send"
    assert {"send-enriched-review", "receive-enriched-review"} <= set(operations)


def test_the_asyncapi_document_refers_only_to_what_exists() -> None:
    """Every reference leads to a part of the document or to a file beside it."""
    rendered = render()
    for reference in _references(ASYNCAPI):
        if reference.startswith("./"):
            assert reference.removeprefix("./") in rendered
        else:
            target = ASYNCAPI
            for part in reference.removeprefix("#/").split("/"):
                target = target[part]
            assert target


def test_the_asyncapi_document_lists_dead_letter_headers_and_reasons() -> None:
    """Who reads a dead-letter topic finds every header and every reason described."""
    headers = ASYNCAPI["components"]["messages"]["DeadLetter"]["headers"]

    assert set(headers["properties"]) == set(HEADERS)
    assert set(headers["properties"]["reviewstream-reason"]["enum"]) == set(DeadLetterReason)
    assert "reviewstream-truncated-from" not in headers["required"]


def _references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [reference for value in part.values() for reference in _references(value)]
    if isinstance(part, list):
        return [reference for value in part for reference in _references(value)]
    return []
