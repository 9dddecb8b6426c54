"""Quotes that say something else by themselves than in their reviews are not told."""

from collections.abc import Sequence

import pytest

from streams.composing.composer import SummaryComposer
from streams.composing.rereading import Feeling, Read, agrees, fitting_quotes
from tests.unit.streams.composing.phrasers import read_as
from tests.unit.streams.composing.snapshots import point, snapshot

HINGE = snapshot(1, 0, 6, [point("quality", "negative", "the hinge is fine", "the hinge broke")])
(CLAIMED,) = HINGE.key_points


@pytest.mark.parametrize(
    ("read", "is_right"),
    [
        (read_as("negative"), True),
        (read_as("negative", "quality"), True),
        (read_as("negative", "delivery"), False),
        (read_as("negative", "delivery", "quality"), True),
        (read_as("positive", "quality"), False),
        (Read(Feeling("negative", 0.45), {}), False),
        (Read(Feeling("negative", 0.9), {"quality": Feeling("negative", 0.5)}), False),
        (Read(Feeling("negative", 0.9), {"quality": Feeling("positive", 0.9)}), False),
    ],
)
def test_a_quote_must_surely_say_what_its_point_says(read: Read, is_right: bool) -> None:
    assert agrees(read, "the hinge broke", CLAIMED) == is_right


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("洗完不缩水", False),
        ("颜色几乎没色差", False),
        ("电量衰减不明显", False),
        ("洗一次就缩水", True),
        ("做工不好", True),
        ("Not one piece broken in a year", False),
        ("the fabric hides dust", False),
        ("it doesn't leak", False),
        ("it leaks", True),
        ("it does not work", True),
    ],
)
def test_what_denies_a_fault_is_no_complaint(text: str, is_right: bool) -> None:
    """Whatever the reader takes it for."""
    assert agrees(read_as("negative", "quality"), text, CLAIMED) == is_right


def test_the_other_quote_of_a_point_is_told() -> None:
    def read(texts: Sequence[str]) -> list[Read]:
        return [read_as("positive" if "fine" in text else "negative", "quality") for text in texts]

    (made,) = SummaryComposer({}, {"en": read}, deadline_s=1.0).compose([HINGE])
    assert "the hinge broke" in made.text
    assert "fine" not in made.text


def test_what_nobody_reads_is_told_as_it_is() -> None:
    is_fit = fitting_quotes([HINGE], {})
    assert is_fit(CLAIMED, "the hinge is fine")


def test_a_point_without_a_quote_that_agrees_is_not_told() -> None:
    def read(texts: Sequence[str]) -> list[Read]:
        return [read_as("positive") for _ in texts]

    (made,) = SummaryComposer({}, {"en": read}, deadline_s=1.0).compose([HINGE])
    assert [claim.aspect for claim in made.claims] == [None]
