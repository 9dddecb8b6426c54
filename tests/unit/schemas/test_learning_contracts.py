"""Judgements, decisions, behaviour and promotions within and beyond their limits."""

import json

import jsonschema
import pytest
from pydantic import ValidationError

from schemas.behaviour import BehaviourEvent
from schemas.documents import json_schema
from schemas.events import Event
from schemas.explanation import explain
from schemas.learning import AspectJudgement, Feedback, ModelPromoted, SentimentJudgement, TextJudgement
from schemas.product_copy import CopyDecided
from schemas.search import ProductDocument

AT = "2025-06-01T12:00:00Z"
FEEDBACK = {"feedback_id": "f1", "product_id": "p1", "labeller": "anna", "created_at": AT}
OF_REVIEW = {"review_id": "r1", "review_version": 2}
OPINION = {"aspect": "quality", "sentiment": "negative", "quote": "flimsy"}


def refusal(contract: type[Event], fields: dict[str, object]) -> str:
    try:
        contract.model_validate_json(json.dumps(fields))
    except ValidationError as error:
        return explain(error, contract)
    return ""


@pytest.mark.parametrize(
    ("judgement", "kind"),
    [
        ({"task": "sentiment", **OF_REVIEW, "label": "neutral"}, SentimentJudgement),
        ({"task": "aspects", **OF_REVIEW, "accepted": [OPINION]}, AspectJudgement),
        (
            {"task": "aspects", **OF_REVIEW, "corrected": [{"was": OPINION, "should_be": None}]},
            AspectJudgement,
        ),
        ({"task": "text", "kind": "summary", "generation": 3, "verdict": "accepted"}, TextJudgement),
        (
            {
                "task": "text",
                "kind": "ad",
                "request_id": "q1",
                "verdict": "corrected",
                "correction": "A lamp.",
            },
            TextJudgement,
        ),
    ],
)
def test_a_judgement_is_told_apart_by_its_task(judgement: dict[str, object], kind: type) -> None:
    """The text that was judged may be left out, for the stream holds it."""
    read = Feedback.model_validate_json(json.dumps({**FEEDBACK, "judgement": judgement}))
    assert type(read.judgement) is kind
    assert read.text is None


@pytest.mark.parametrize(
    ("judgement", "told"),
    [
        (
            {"task": "stars"},
            "judgement.task: wanted one of 'sentiment', 'aspects', 'text', got 'stars' (str)",
        ),
        ({"label": "neutral"}, "judgement.task: is missing"),
        ({"task": "sentiment", "review_id": "r1", "label": "neutral"}, "review_version: is missing"),
        ({"task": "aspects", **OF_REVIEW}, "one of accepted, corrected and missing is required"),
        (
            {"task": "text", "kind": "ad", "verdict": "accepted"},
            "exactly one of generation and request_id is required",
        ),
        (
            {"task": "text", "kind": "ad", "generation": 1, "verdict": "corrected"},
            "correction must be present exactly when verdict is corrected",
        ),
    ],
)
def test_a_judgement_that_is_none_is_refused(judgement: dict[str, object], told: str) -> None:
    """By the place in which it is wrong, in one line."""
    assert told in refusal(Feedback, {**FEEDBACK, "judgement": judgement})


BEHAVIOUR = {"event_id": "e1", "product_id": "p1", "action": "viewed", "occurred_at": AT}


@pytest.mark.parametrize(
    "user_id",
    [
        "u-4711",
        "1029384756",
        "550e8400-e29b-41d4-a716-446655440000",
        "a3f1",
        "用户7",
        "user 12",
        "20250601-17",
    ],
)
def test_a_pseudonym_is_taken(user_id: str) -> None:
    """Numbers and names of a shop's own pass."""
    assert refusal(BehaviourEvent, {**BEHAVIOUR, "user_id": user_id}) == ""


@pytest.mark.parametrize(
    "user_id",
    [
        "jane@example.com",
        "用户@例子.中国",
        "+4915123456789",
        "+1 (555) 123-4567",
        "555-123-4567",
        "(555) 123-4567",
        "030 1234 5678",
        "015123456789",
        "13812345678",
    ],
)
def test_who_a_shopper_is_is_refused_by_contract_and_schema(user_id: str) -> None:
    """An e-mail address and a telephone number are no pseudonyms, and the published file says so too."""
    fields = {**BEHAVIOUR, "user_id": user_id}
    assert "user_id: wanted a pseudonym" in refusal(BehaviourEvent, fields)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema(BehaviourEvent)).validate(fields)


DECIDED = {
    "decision_id": "d1",
    "product_id": "p1",
    "part": "description",
    "generation": 3,
    "decided_by": "anna",
    "decided_at": AT,
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"decision": "pinned"}, ""),
        ({"decision": "edited", "text": "A lamp."}, ""),
        ({"decision": "edited"}, "text must be present exactly when decision is edited"),
        ({"decision": "approved", "text": "A lamp."}, "text must be present exactly when decision is edited"),
        ({"decision": "liked"}, "decision: wanted 'approved'"),
    ],
)
def test_only_an_edit_brings_a_text(changes: dict[str, object], told: str) -> None:
    """The other decisions are about the text there is."""
    explained = refusal(CopyDecided, {**DECIDED, **changes})
    assert told in explained
    assert bool(told) == bool(explained)


PROMOTED = {
    "unit": "reviews-en",
    "model": {"name": "english", "version": "2"},
    "location": "/models/2",
    "manifest_sha256": "a" * 64,
    "promoted_at": AT,
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"unit": "reviews-de"}, ""),
        ({"unit": "Reviews EN"}, 'unit: wanted a name such as "reviews-en"'),
        ({"share": 0}, "share: wanted a number above 0, at most 1"),
        ({"share": 0.05}, "a share below 1 needs the previous model for the others"),
        ({"share": 0.05, "previous": {"name": "english", "version": "1"}}, ""),
    ],
)
def test_a_promotion_leaves_no_product_without_a_model(changes: dict[str, object], told: str) -> None:
    """A trial of some products names the model that reads the others."""
    explained = refusal(ModelPromoted, {**PROMOTED, **changes})
    assert told in explained
    assert bool(told) == bool(explained)


@pytest.mark.parametrize("digest", ["A" * 64, "a" * 63, "a" * 65, "g" * 64])
def test_a_promotion_names_its_manifest_by_a_whole_digest(digest: str) -> None:
    """Anything but 64 lower-case hexadecimal digits is refused."""
    read = ModelPromoted.model_validate_json(json.dumps({**PROMOTED, "metrics": {"macro_f1": 0.9}}))
    assert read.metrics == {"macro_f1": 0.9}
    assert "64 lower-case" in refusal(ModelPromoted, {**PROMOTED, "manifest_sha256": digest})


DOCUMENT = {
    "product_id": "p1",
    "as_of": AT,
    "source": {"topic": "enriched-review", "partition": 0, "offset": 0, "timestamp_ms": 0},
    "made_at": AT,
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ads_eligible": True}, ""),
        ({"ads_eligible": False, "ads_obstacles": ["alert_stands", "a new reason"]}, ""),
        ({"ads_eligible": False}, "ads_obstacles must be present exactly when ads_eligible is false"),
        ({"ads_eligible": True, "ads_obstacles": ["alert_stands"]}, "ads_obstacles must be present exactly"),
        ({}, "ads_eligible: is missing"),
        ({"ads_eligible": True, "price": 5}, "price needs its currency"),
    ],
)
def test_a_document_says_why_a_product_may_not_be_advertised(changes: dict[str, object], told: str) -> None:
    """An advertising system never has to guess."""
    explained = refusal(ProductDocument, {**DOCUMENT, **changes})
    assert told in explained
    assert bool(told) == bool(explained)


def test_a_document_is_flat() -> None:
    """An index takes it as it is: plain values, lists of them, and objects of keys and plain values."""
    schema = json_schema(ProductDocument)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    lineage = {"source", "model", "replay_id", "made_at", "schema_version"}
    for name, described in properties.items():
        if name not in lineage:
            assert "$ref" not in json.dumps(described), name
