"""A demonstration without a terminal is not silent until its end."""

import orjson
import pytest

from schemas.reviews import ReviewEnriched
from streams.cli.demo_progress import told_progress
from streams.demo.runner import DemoProgress
from tests.histories import opinionated


def progress(enriched_reviews: int, latest: ReviewEnriched | None) -> DemoProgress:
    return DemoProgress(9, enriched_reviews, 0, 0, 1.5, latest)


def test_the_first_review_is_shown_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    """Once, with its aspects and their words, in plain lines on standard error."""
    first, second = (
        ReviewEnriched.model_validate_json(orjson.dumps(opinionated(f"r{number}", product_id=f"p{number}")))
        for number in (1, 2)
    )
    with told_progress() as update:
        update(progress(0, None))
        assert capsys.readouterr().err == ""
        update(progress(1, first))
        shown = capsys.readouterr()
        update(progress(2, second))
        assert capsys.readouterr() == ("", "")
    assert shown.out == ""
    assert "1.5 s after the first event" in shown.err
    assert "p1" in shown.err
    assert first.aspects
    for opinion in first.aspects:
        assert opinion.quote in shown.err
    assert "\x1b" not in shown.err
