"""Every contract survives its JSON, and nothing but a validation error comes out of hostile bytes."""

import json

import pytest
from event_samples import EVENTS, any_event
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.copywriting import CopyRequest
from schemas.events import Event, Request, is_unsupported_version
from schemas.explanation import MAX_EXPLANATION_CHARACTERS, explain
from schemas.topics import TOPICS

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.just(10**4_000)
    | st.just("x" * 200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


def test_every_topic_has_a_sample_of_its_contract() -> None:
    """The property tests leave out no contract."""
    assert set(EVENTS) == {topic.contract for topic in TOPICS}


@given(any_event)
def test_an_event_survives_its_json(event: Event) -> None:
    """What is written is read back equal, and written again to the same bytes."""
    written = event.model_dump_json()

    read = type(event).model_validate_json(written)

    assert read == event
    assert read.model_dump_json() == written


@given(any_event)
def test_an_event_is_frozen_and_hashable(event: Event) -> None:
    """No field can be set, and equal events have equal hashes: nothing mutable is inside."""
    assert hash(event) == hash(type(event).model_validate_json(event.model_dump_json()))
    with pytest.raises(ValidationError, match="frozen"):
        event.schema_version = "1.1"


unknown_fields = st.dictionaries(st.text(min_size=1).map(lambda name: f"x-{name}"), json_values, max_size=3)


@given(any_event.filter(lambda event: not isinstance(event, Request)), unknown_fields)
def test_unknown_fields_are_ignored(event: Event, unknown: dict[str, object]) -> None:
    """An event of a later minor version, with fields unknown here, reads as the same event."""
    payload = {**json.loads(event.model_dump_json()), **unknown, "schema_version": "1.7"}

    read = type(event).model_validate_json(json.dumps(payload))

    assert read.schema_version == "1.7"
    assert read.model_copy(update={"schema_version": "1.0"}) == event


@given(EVENTS[CopyRequest], unknown_fields.filter(bool))
def test_unknown_fields_of_a_request_are_refused(event: Event, unknown: dict[str, object]) -> None:
    """Each of them is a problem of its own, whatever it holds."""
    with pytest.raises(ValidationError) as refused:
        type(event).model_validate_json(json.dumps({**json.loads(event.model_dump_json()), **unknown}))

    assert {problem["loc"] for problem in refused.value.errors()} == {(name,) for name in unknown}


@given(any_event, st.data())
def test_a_mutated_event_is_read_or_refused_with_a_short_line(event: Event, data: st.DataObject) -> None:
    """Replaced and removed fields raise only ValidationError, explained in one bounded line."""
    payload = json.loads(event.model_dump_json())
    for name in data.draw(st.sets(st.sampled_from(sorted(payload)), min_size=1, max_size=4)):
        payload[name] = data.draw(json_values)
        if data.draw(st.booleans()):
            del payload[name]

    _read_or_refuse(type(event), json.dumps(payload).encode())


@given(any_event, st.integers(0, 400), st.binary(max_size=8))
def test_damaged_bytes_are_read_or_refused_with_a_short_line(event: Event, place: int, junk: bytes) -> None:
    """Truncated and overwritten bytes raise nothing but ValidationError."""
    raw = event.model_dump_json().encode()

    _read_or_refuse(type(event), raw[:place] + junk + raw[place + len(junk) :])
    _read_or_refuse(type(event), raw[:place])


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"5", b'"text"', b"\xff\xfe", b"{", b"[" * 10_000])
@pytest.mark.parametrize("contract", EVENTS)
def test_what_is_no_object_is_refused(contract: type[Event], raw: bytes) -> None:
    """Bytes that are not a JSON object are a ValidationError for every contract."""
    with pytest.raises(ValidationError):
        contract.model_validate_json(raw)


@pytest.mark.parametrize("contract", EVENTS)
@pytest.mark.parametrize("version", ["2.0", "0.9", "10.0"])
def test_an_unknown_major_version_is_told_apart(contract: type[Event], version: str) -> None:
    """However little of it is understood, it is refused for its version and nothing else is said."""
    with pytest.raises(ValidationError) as refused:
        contract.model_validate_json(json.dumps({"schema_version": version}))

    assert is_unsupported_version(refused.value)
    assert explain(refused.value) == (
        f"schema_version: wanted a version 1.x, the only one this reader knows, got '{version}' (str)"
    )


@pytest.mark.parametrize("version", ["1", "one", "1.0.0", "01.0", "", 1, 1.0, None, "1.0\n"])
def test_what_is_no_version_is_an_invalid_event(version: object) -> None:
    """A version of the wrong shape is a mistake of the sender, not an event from the future."""
    with pytest.raises(ValidationError) as refused:
        Event.model_validate_json(json.dumps({"schema_version": version}))

    assert not is_unsupported_version(refused.value)


def _read_or_refuse(contract: type[Event], raw: bytes) -> None:
    try:
        contract.model_validate_json(raw)
    except ValidationError as error:
        line = explain(error)
        assert len(line) <= MAX_EXPLANATION_CHARACTERS
        assert line.isprintable()
        assert "x" * 100 not in line
