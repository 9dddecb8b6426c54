"""Whoever composes a text, it is checked; what fails is composed anew a bounded number of times, then refused."""

from datetime import UTC, datetime

import pytest

from schemas.copywriting import CopyRequest
from schemas.events import SourcePosition
from streams.copywriting import COPY_VERSION, CopyWriter
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.kind import Kind
from streams.copywriting.sentences import Sentence
from streams.copywriting.writer import MAX_ATTEMPTS
from tests.unit.streams.copywriting.copy_subjects import demo, write

REQUEST = CopyRequest(request_id="q", kind="description", product_id="lamp-201")


class Stubborn:
    """Composes the same text whatever happens, and counts how often it was asked."""

    def __init__(self, *sentences: str) -> None:
        self.attempts = 0
        self._sentences = sentences

    def __call__(self, brief: Brief) -> Draft:
        self.attempts += 1
        evidence = brief.facts.attributes[0].evidence
        return Draft(tuple(Sentence(text, (evidence,)) for text in self._sentences))


@pytest.mark.parametrize(
    ("sentences", "check"),
    [
        (["It is the best lamp in the world."], "banned_word"),
        (["It weighs a lot.", "It weighs a lot."], "repetition"),
        (["It shines on and on and on and on and on and on."], "length"),
        (["More at www.example.com now."], "link"),
        (["Call 212-555-0123 for one."], "personal_data"),
        (["A <b>bold</b> lamp."], "markup"),
    ],
)
def test_a_text_that_fails_is_tried_again_and_then_refused(sentences: list[str], check: str) -> None:
    """The refusal and what was dropped say which check it failed."""
    compose = Stubborn(*sentences)
    kind = Kind("description", "Say it.", compose, limits=(Limits(words=10), Limits()))
    lamp = demo("lamp-201")
    written = CopyWriter(known={"description": kind}).write(REQUEST, {"lamp-201": lamp})
    assert written.variants == ()
    assert compose.attempts == MAX_ATTEMPTS
    assert {claim.check for claim in written.dropped} == {check}
    assert written.refusals[0].reason


def test_where_composing_fails_the_fallback_is_written() -> None:
    """It is checked like everything else."""
    kind = Kind("description", "Say it.", Stubborn("The best of all."), fallback=Stubborn("It is a lamp."))
    written = CopyWriter(known={"description": kind}).write(REQUEST, {"lamp-201": demo("lamp-201")})
    assert [variant.text for variant in written.variants] == ["It is a lamp."]
    assert {claim.check for claim in written.dropped} == {"banned_word"}


def test_the_answer_for_the_topic_fits_its_contract() -> None:
    """Written or refused, with what it was made of."""
    source = SourcePosition(topic="copy-request", partition=0, offset=1, timestamp_ms=0)
    now = datetime(2025, 6, 1, tzinfo=UTC)
    ready = write(demo("lamp-201"), "description").ready(source, now)
    assert ready.status == "ready"
    assert ready.lineage is not None
    assert ready.lineage.prompt_version == COPY_VERSION
    refused = write(demo("lamp-201"), "description", language="fr").ready(source, now)
    assert refused.status == "refused"
    assert refused.variants == ()
