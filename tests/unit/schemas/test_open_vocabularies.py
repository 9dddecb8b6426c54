"""What is published today closes no vocabulary: readers of yesterday read the kinds of tomorrow."""

from collections.abc import Iterator
from typing import get_args

import pytest

from schemas import vocabularies
from schemas.copywriting import COPY_KINDS
from schemas.documents import json_schema
from schemas.events import Event, Request
from schemas.topics import INPUTS, TOPICS
from streams.rolling.refreshing import Reason

OUTPUTS = [topic.contract for topic in TOPICS if topic not in INPUTS]
#: Closed on purpose: other fields or counters depend on these, or they name the fields of the event itself.
CLOSED = {
    ("label", "sentiment", "polarity"): {"negative", "neutral", "positive"},
    ("field",): {"title", "text"},
    ("status",): {"enriched", "unsupported_language", "rating_only", "removed", "ready", "refused"},
    ("state",): {"raised", "resolved"},
}


def choices(part: object, name: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every enumeration of texts in a schema, with the name of its field."""
    if isinstance(part, dict):
        if "enum" in part:
            yield name, tuple(part["enum"])
        for key, value in part.items():
            yield from choices(value, name if key in {"anyOf", "items", "properties", "$defs"} else key)
    elif isinstance(part, list):
        for value in part:
            yield from choices(value, name)


@pytest.mark.parametrize("contract", OUTPUTS)
def test_an_output_closes_no_vocabulary_but_the_ones_that_others_depend_on(contract: type[Event]) -> None:
    """A new enumeration in an output is a decision to be written down in this test and in its docstring."""
    for name, values in choices(json_schema(contract)):
        allowed = next((known for names, known in CLOSED.items() if name in names), set())
        assert set(values) <= allowed, (name, values)


def examples(part: object) -> Iterator[list[str]]:
    """The examples of every field in a schema, each told in its description too."""
    if isinstance(part, dict):
        if "examples" in part:
            assert ", ".join(part["examples"]) in part["description"]
            yield part["examples"]
        for value in part.values():
            yield from examples(value)
    elif isinstance(part, list):
        for value in part:
            yield from examples(value)


def test_known_values_are_documented_where_they_are_written() -> None:
    """Each list of words is the examples of some field of a published schema, and told in its description."""
    documented = [words for topic in TOPICS for words in examples(json_schema(topic.contract))]
    lists = [list(value) for name, value in vars(vocabularies).items() if name.isupper()]
    assert len(lists) >= 15
    for words in [*lists, list(COPY_KINDS)]:
        assert words in documented, words


def test_a_request_says_only_what_is_known() -> None:
    """What somebody may ask for is closed, so a kind nobody writes is refused at once."""
    (request,) = [topic.contract for topic in TOPICS if issubclass(topic.contract, Request)]
    schema = json_schema(request)
    assert dict(choices(schema))["kind"] == COPY_KINDS
    assert schema["additionalProperties"] is False


def test_the_reasons_of_refreshes_are_those_that_are_written() -> None:
    """A word that is written is documented, and none is documented that is not written."""
    assert set(vocabularies.REFRESH_REASONS) == {*get_args(Reason), "requested"}
