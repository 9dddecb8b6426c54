"""A request for copy says what its kind needs, and nothing that nobody reads."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.copywriting import COPY_KINDS, KIND_FIELDS, CopyReady, CopyRequest
from schemas.events import Event
from schemas.explanation import MAX_EXPLANATION_CHARACTERS, explain

SUBJECT: dict[str, object] = {"product_id": "p1"}
#: A value of each field that some kinds need.
VALUES: dict[str, object] = {
    "product_ids": ["p1", "p2"],
    "question": "Is it dimmable?",
    "turns": [{"speaker": "shopper", "text": "Hello"}],
    "captions": ["A lamp on a desk"],
    "review_text": "Broken.",
    "rating": 2,
    "pros": ["light"],
    "cons": ["foot"],
}


def request(kind: str, /, **changes: object) -> dict[str, object]:
    """A request that its kind accepts, with changes; None leaves a field out."""
    needed = {name: VALUES[name] for name, kinds in KIND_FIELDS.items() if kind in kinds.needed_by}
    subject = {} if "product_ids" in needed else SUBJECT
    fields = {"request_id": "q1", "kind": kind, **subject, **needed, **changes}
    return {name: value for name, value in fields.items() if value is not None}


def refusal(fields: dict[str, object], contract: type[Event] = CopyRequest) -> str:
    """Why a request is refused; an empty text if it is not."""
    try:
        contract.model_validate_json(json.dumps(fields))
    except ValidationError as error:
        return explain(error, contract)
    return ""


def test_every_field_of_the_table_is_a_field_with_a_sample() -> None:
    """The tests below leave out none."""
    assert set(KIND_FIELDS) == set(VALUES)
    assert set(KIND_FIELDS) <= set(CopyRequest.model_fields)


@pytest.mark.parametrize("kind", COPY_KINDS)
def test_a_kind_needs_its_fields(kind: str) -> None:
    """With them it is accepted; without one of them the refusal names kind and field."""
    assert refusal(request(kind)) == ""
    needed = [name for name, kinds in KIND_FIELDS.items() if kind in kinds.needed_by]
    for name in needed:
        subject = {"product_id": "p1"} if name == "product_ids" else {}
        assert f"kind {kind} needs {name}" in refusal(request(kind, **{name: None}, **subject))


@pytest.mark.parametrize("kind", COPY_KINDS)
@pytest.mark.parametrize("name", KIND_FIELDS)
def test_a_field_is_refused_where_its_kind_would_not_read_it(kind: str, name: str) -> None:
    """What somebody asks for is never silently left out."""
    kinds = KIND_FIELDS[name]
    subject = {"product_id": None} if name == "product_ids" else {}
    told = refusal(request(kind, **{name: VALUES[name]}, **subject))
    if kind in kinds.needed_by | kinds.also_for:
        assert told == ""
    else:
        assert told.startswith(f"CopyRequest: {name} is for kind ")
        assert told.endswith(f", not for {kind}")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"product_id": None}, "exactly one of product_id, product_ids and attributes is required"),
        ({"attributes": {"colour": "red"}}, "exactly one of"),
        ({"product_id": None, "attributes": {}}, "exactly one of"),
        ({"product_id": None, "attributes": {"colour": "red"}}, ""),
        ({"variants": 0}, "variants: wanted a whole number from 1 to 10"),
        ({"variants": 10}, ""),
        ({"variants": 11}, "variants: wanted"),
        ({"max_words": 4}, "max_words: wanted a whole number from 5 to 1,000"),
        ({"max_words": 1_001}, "max_words: wanted"),
        ({"max_characters": 9}, "max_characters: wanted a whole number from 10 to 10,000"),
        ({"max_characters": 10_000}, ""),
        ({"interests": ["x"] * 51}, "interests"),
        ({"cart": ["p"] * 101}, "cart"),
        ({"history": [{"product_id": "p", "action": "stolen"}]}, "history.0.action: wanted 'viewed'"),
        ({"user_id": "jane@example.com"}, "user_id: wanted a pseudonym"),
        ({"kind": "poem"}, "kind: wanted 'description'"),
        ({"interactive": True}, ""),
        ({"notes": "x" * 2_001}, "notes: wanted"),
    ],
)
def test_a_request_within_and_beyond_its_limits(changes: dict[str, object], told: str) -> None:
    """Each limit, on both sides of its edge."""
    explained = refusal(request("ad", **changes))
    assert told in explained
    assert bool(told) == bool(explained)


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        (["p1"], "wanted a list of 2 to 4 product ids"),
        (["p1", "p2", "p3", "p4", "p5"], "wanted a list of 2 to 4 product ids"),
        (["p1", "p2", "p1"], "product_ids must be distinct"),
        (["p1", "p2", "p3", "p4"], ""),
    ],
)
def test_two_to_four_products_are_compared(ids: list[str], told: str) -> None:
    """Different ones, and not of more than fit beside each other."""
    explained = refusal(request("comparison", product_ids=ids))
    assert told in explained
    assert bool(told) == bool(explained)


def test_unknown_fields_are_all_named_with_the_nearest_there_is() -> None:
    """Beside whatever else is wrong, and inside parts of the request too."""
    told = refusal(
        request(
            "answer",
            langage="en",
            max_word=5,
            turns=[{"speaker": "shopper", "text": "Hi", "txet": "Hi"}],
            history=[{"product_id": "p", "action": "viewed", "acton": 1}],
            kind="answr",
        )
    )
    unknown, *others = told.split("; ")
    assert unknown == (
        "unknown fields: history.0.acton (did you mean action?), turns.0.txet (did you mean text?), "
        "langage (did you mean language?), max_word (did you mean max_words?)"
    )
    assert [other.split(":")[0] for other in others] == ["kind"]


def test_where_no_name_is_near_all_are_told() -> None:
    """Who meant something else altogether finds what there is."""
    told = refusal(request("ad", xyzzy=1))
    assert told.startswith("unknown fields: xyzzy; known are schema_version, request_id, kind,")
    assert len(told) <= MAX_EXPLANATION_CHARACTERS


@given(
    st.dictionaries(st.text(min_size=1).map(lambda name: f"{name}?"), st.integers(), min_size=1, max_size=30)
)
def test_whatever_unknown_fields_are_called_the_line_is_bounded(unknown: dict[str, int]) -> None:
    """The sender made the names up, so they are shortened and made printable."""
    told = refusal({**request("ad"), **unknown})
    assert told.startswith("unknown fields: ")
    assert told.isprintable()
    assert len(told) <= MAX_EXPLANATION_CHARACTERS


def test_attributes_may_have_any_name() -> None:
    """They are the shop's words, not fields."""
    assert refusal(request("ad", product_id=None, attributes={"langage": "en"})) == ""


def test_a_request_is_keyed_by_its_product_or_by_itself() -> None:
    """Copy of one product meets it on its partition; a comparison and an inline product belong to none."""
    keys = [
        CopyRequest.model_validate_json(json.dumps(fields)).subject_id
        for fields in (
            request("ad"),
            request("comparison"),
            request("ad", product_id=None, attributes={"colour": "red"}),
        )
    ]
    assert keys == ["p1", "q1", "q1"]


READY: dict[str, object] = {
    "request_id": "q1",
    "kind": "ad",
    "product_id": "p1",
    "status": "ready",
    "language": "en",
    "variants": [{"text": "A lamp.", "method": "composed"}],
    "lineage": {"prompt_version": "1"},
    "source": {"topic": "copy-request", "partition": 0, "offset": 0, "timestamp_ms": 0},
    "made_at": "2025-06-01T12:00:01Z",
}
REFUSED: dict[str, object] = {
    "status": "refused",
    "variants": [],
    "refusals": [{"kind": "unknown_product", "reason": "There is no product p1."}],
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        (REFUSED, ""),
        ({**REFUSED, "language": None, "lineage": None}, ""),
        ({"variants": []}, "variants must be present exactly when status is ready"),
        ({**REFUSED, "variants": READY["variants"]}, "variants must be present exactly when status is ready"),
        ({"refusals": REFUSED["refusals"]}, "refusals must be present exactly when status is refused"),
        ({**REFUSED, "refusals": []}, "refusals must be present exactly when status is refused"),
        ({"language": None}, "language and lineage must be present when status is ready"),
        ({"lineage": None}, "language and lineage must be present when status is ready"),
        ({"variants": [{"text": "A lamp.", "method": "composed", "synthetic": False}]}, "synthetic"),
    ],
)
def test_an_answer_is_ready_with_variants_or_refused_with_reasons(
    changes: dict[str, object], told: str
) -> None:
    """Never both and never neither; and nobody can take a variant for a shopper's words."""
    explained = refusal({**READY, **changes}, CopyReady)
    assert told in explained
    assert bool(told) == bool(explained)
