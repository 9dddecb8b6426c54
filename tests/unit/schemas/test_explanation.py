"""A refusal is one clear, short line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.events import Event
from schemas.explanation import MAX_EXPLANATION_CHARACTERS, explain
from schemas.products import Product
from schemas.reviews import Review

REVIEW = {"review_id": "r", "product_id": "p", "text": "Fine", "created_at": "2025-06-01T12:00:00Z"}


def explained(raw: str | bytes, contract: type[Event] = Review) -> str:
    with pytest.raises(ValidationError) as refused:
        contract.model_validate_json(raw)
    return explain(refused.value)


RATING = "rating: wanted a number from 0 to 5"
VERSION = "version: wanted a whole number of at least 1"
TEXT = "text: wanted at most 20,000 characters"
CREATED_AT = (
    'created_at: wanted an ISO-8601 string with its time zone, such as "2025-06-01T12:00:00Z", '
    "from 1990 to 2199"
)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"rating": "five"}, f"{RATING}, got 'five' (str)"),
        ({"rating": True}, f"{RATING}, got true"),
        ({"rating": 5.5}, f"{RATING}, got 5.5 (float)"),
        ({"rating": {"stars": 5}}, f"{RATING}, got an object (fields: 1)"),
        ({"version": None}, f"{VERSION}, got null"),
        ({"version": -(10**300)}, f"{VERSION}, got a whole number of 997 bits"),
        ({"text": ["a", "b"]}, f"{TEXT}, got an array (items: 2)"),
        ({"text": None}, "Review: text is required unless a rating stands or removed is true"),
        ({"created_at": 1748779200}, f"{CREATED_AT}, got 1748779200 (int)"),
        ({"rating": "5", "version": 0}, f"{VERSION}, got 0 (int); {RATING}, got '5' (str)"),
    ],
)
def test_a_refusal_says_field_wanted_and_got(changes: dict[str, object], line: str) -> None:
    """The whole line, word for word, for typical mistakes."""
    assert explained(json.dumps({**REVIEW, **changes})) == line


def test_a_missing_field_is_called_missing() -> None:
    """A missing field is not described by the object it is missing from."""
    assert explained('{"review_id": "r", "text": "secret words"}') == (
        "product_id: is missing; created_at: is missing"
    )


def test_a_payload_that_is_no_json_is_not_echoed() -> None:
    """The place of the error is told, the payload is not."""
    line = explained(b'{"text": "secret words"')

    assert line == "Review: Invalid JSON: EOF while parsing an object at line 1 column 23"


def test_a_payload_that_is_no_object_is_counted() -> None:
    """An array in place of an event is named by its size."""
    assert explained("[1, 2, 3]") == "Review: wanted an object, got an array (items: 3)"


def test_a_long_value_is_cut_and_measured() -> None:
    """At most 80 characters of a value are shown, with its real length."""
    line = explained(json.dumps({**REVIEW, "review_id": "x" * 5_000}))

    assert f"got '{'x' * 78}… (str of 5,000 characters)" in line
    assert "x" * 79 not in line


def test_five_problems_are_listed_and_the_rest_counted() -> None:
    """Eight bad tags are five lines' worth and a number."""
    product = {"product_id": "p", "title": "Lamp", "updated_at": "2025-06-01T12:00:00Z", "tags": [1] * 8}

    line = explained(json.dumps(product), Product)

    assert line.count("got 1 (int)") == 5
    assert line.startswith("tags.0: wanted")
    assert line.endswith("; and 3 more")


@given(
    st.text(st.characters(codec="utf-8"), min_size=200, max_size=400),
    st.sampled_from(["review_id", "rating", "created_at", "language", "schema_version", "removed"]),
)
def test_a_long_input_is_never_echoed_whole(value: str, field: str) -> None:
    """Whatever field it stands in, a value of 200 characters and more does not come back in the line."""
    line = explained(json.dumps({**REVIEW, field: value}))

    assert value not in line
    assert repr(value)[1:-1] not in line
    assert len(line) <= MAX_EXPLANATION_CHARACTERS


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=200, max_size=320), min_size=1, max_size=8))
def test_a_key_that_the_sender_made_up_is_cut_too(names: list[str]) -> None:
    """Long or unprintable attribute names neither flood the line nor break it in two."""
    product = {
        "product_id": "p",
        "title": "Lamp",
        "updated_at": "2025-06-01T12:00:00Z",
        "attributes": {f"a{name}": None for name in names},
    }

    line = explained(json.dumps(product), Product)

    assert not any(name in line for name in names)
    assert line.isprintable()
    assert len(line) <= MAX_EXPLANATION_CHARACTERS
