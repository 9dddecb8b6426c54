"""What people write into feedback and requests is masked where it enters, and what a dead letter holds where asked."""

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.copywriting import CopyRequest
from schemas.events import Event
from schemas.learning import Feedback
from schemas.topics import TOPICS
from streams.errors import RejectedEventError
from streams.masking import FREE_TEXTS, KEPT_FIELDS, decode_masked, masked, masked_payload
from tests.unit.schemas.event_samples import any_event

_FEEDBACK = {
    "feedback_id": "f1",
    "product_id": "4155550137",
    "labeller": "team-7",
    "created_at": "2026-11-20T10:00:00Z",
    "text": "It broke. Call 415-555-0137.",
    "judgement": {
        "task": "aspects",
        "review_id": "r1",
        "review_version": 1,
        "accepted": [{"aspect": "quality", "sentiment": "negative", "quote": "Call 415-555-0137"}],
        "missing": [{"aspect": "delivery", "sentiment": "negative", "quote": "write to jane@example.com"}],
    },
}
_REQUEST = {
    "request_id": "q1",
    "kind": "answer",
    "product_id": "p1",
    "question": "Can you mail me at jane@example.com?",
    "notes": "The customer is Jane, 415-555-0137, IBAN DE89 3704 0044 0532 0130 00.",
    "turns": [{"speaker": "shopper", "text": "我的微信：abc_123"}],
    "tone": "friendly",
}


def test_feedback_is_masked_where_it_enters() -> None:
    """Its text and every quote; ids that look like numbers of phones stay."""
    feedback = decode_masked(Feedback, orjson.dumps(_FEEDBACK))
    assert feedback.text == "It broke. Call [phone]."
    assert feedback.product_id == "4155550137"
    judgement = feedback.judgement
    assert judgement.task == "aspects"
    assert [one.quote for one in (*judgement.accepted, *judgement.missing)] == [
        "Call [phone]",
        "write to [email]",
    ]


def test_a_corrected_text_is_masked() -> None:
    """What a labeller writes himself, too."""
    judgement = {
        "task": "text",
        "kind": "summary",
        "generation": 3,
        "verdict": "corrected",
        "correction": "Ask a@b.org",
    }
    feedback = decode_masked(Feedback, orjson.dumps(_FEEDBACK | {"judgement": judgement}))
    assert feedback.judgement.task == "text"
    assert feedback.judgement.correction == "Ask [email]"


def test_a_request_for_copy_is_masked_where_it_enters() -> None:
    """Notes, question, and what was said before."""
    request = decode_masked(CopyRequest, orjson.dumps(_REQUEST))
    assert request.question == "Can you mail me at [email]?"
    assert request.notes == "The customer is Jane, [phone], IBAN [bank account]."
    assert [turn.text for turn in request.turns] == ["我的微信：[wechat]"]
    assert (request.tone, request.kind) == ("friendly", "answer")


def test_language_adds_the_phones_of_its_countries() -> None:
    """As it does in reviews."""
    request = _REQUEST | {"language": "de", "notes": "Nummer: 030 23125 001"}
    assert decode_masked(CopyRequest, orjson.dumps(request)).notes == "Nummer: [phone]"


def test_what_breaks_its_contract_is_refused_as_elsewhere() -> None:
    """With the reason."""
    with pytest.raises(RejectedEventError, match="question"):
        decode_masked(
            CopyRequest, orjson.dumps({key: _REQUEST[key] for key in ("request_id", "kind", "product_id")})
        )


@settings(max_examples=50)
@given(any_event)
def test_masking_an_event_twice_is_masking_it_once(event: Event) -> None:
    """Of every contract; it stays one of its contract."""
    once = masked(event)
    assert type(once) is type(event)
    assert masked(once) is once


def test_every_free_text_is_a_field_of_a_contract() -> None:
    """No name in the list is left over."""
    schemas = json.dumps([topic.contract.model_json_schema() for topic in TOPICS])
    assert all(f'"{name}": {{' in schemas for name in FREE_TEXTS)


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (
            {"review_id": "4155550137", "text": "call 415-555-0137"},
            {"review_id": "4155550137", "text": "call [phone]"},
        ),
        ({"phone": "4155550137", "rating": 5}, {"phone": "[phone]", "rating": 5}),
        ({"phone": 13800138000}, {"phone": "[phone]"}),
        ({"author": {"mail": ["a@b.org", None, True]}}, {"author": {"mail": ["[email]", None, True]}}),
        ({"order": "4155550137"}, {"order": "4155550137"}),
        (
            {"author_id": "a@b.org", "product_id": "a@b.org"},
            {"author_id": "[email]", "product_id": "a@b.org"},
        ),
    ],
)
def test_json_is_masked_wherever_it_holds_something(payload: object, kept: object) -> None:
    """In fields of any name, known or not; their names say what a number is."""
    assert orjson.loads(masked_payload(orjson.dumps(payload))) == kept


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (b'{"text": "mail a@b.org', b'{"text": "mail [email]'),
        (b"call 415-555-0137", b"call [phone]"),
        (b"\x1f\x8b\x08 a@b.org", b""),
        (b"no data", b"no data"),
        (b'{ "rating" :5.0 }', b'{ "rating" :5.0 }'),
        (b"", b""),
    ],
)
def test_what_is_no_json_is_masked_as_a_text_and_what_is_no_text_is_not_kept(
    payload: bytes, kept: bytes
) -> None:
    """Without personal data the bytes are the same."""
    assert masked_payload(payload) == kept


@given(st.binary() | st.text().map(str.encode))
def test_masking_a_payload_twice_is_masking_it_once(payload: bytes) -> None:
    """Whatever it is."""
    once = masked_payload(payload)
    assert masked_payload(once) == once


def test_ids_that_a_retry_needs_are_kept() -> None:
    """Those of every contract that a platform publishes."""
    assert {"review_id", "product_id", "request_id", "feedback_id"} <= KEPT_FIELDS
