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
        (read_as("negative"), False),
        (read_as("negative", "quality"), True),
        (read_as("negative", "delivery"), False),
        (read_as("negative", "delivery", "quality"), True),
        (read_as("positive", "quality"), False),
        (Read(Feeling("negative", 0.5), {"quality": Feeling("negative", 0.9)}), True),
        (Read(Feeling("neutral", 0.5), {"quality": Feeling("negative", 0.9)}), False),
        (Read(Feeling("negative", 0.9), {"quality": Feeling("negative", 0.7)}), False),
        (Read(Feeling("negative", 0.8), {"quality": Feeling("negative", 0.8, 0.4)}), True),
        (Read(Feeling("negative", 0.8), {"quality": Feeling("negative", 0.9, 0.35)}), False),
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


@pytest.mark.parametrize(
    ("sentence", "is_right"),
    [
        (read_as("negative"), True),
        (read_as("negative", "delivery"), True),
        (read_as("positive", "quality"), False),
        (read_as("neutral", "quality"), False),
    ],
)
def test_its_sentence_must_feel_as_it_does(sentence: Read, is_right: bool) -> None:
    """A clause of a sentence that feels otherwise does not stand for its review."""
    assert agrees(read_as("negative", "quality"), "the hinge broke", CLAIMED, sentence) == is_right


def test_the_sentence_names_the_aspect_of_words_that_name_none() -> None:
    words = read_as("negative")
    assert agrees(words, "it broke", CLAIMED, read_as("negative", "quality"))
    assert not agrees(words, "it broke", CLAIMED, read_as("negative", "delivery"))


def test_a_review_whose_words_say_something_else_is_not_counted() -> None:
    """Neither told nor named: the number is that of the reviews that can be shown."""

    def read(texts: Sequence[str]) -> list[Read]:
        return [read_as("positive" if "fine" in text else "negative", "quality") for text in texts]

    known = snapshot(
        1, 0, 6, [point("quality", "negative", "the hinge is fine", "the hinge broke", "it snapped", count=9)]
    )
    (made,) = SummaryComposer({}, {"en": read}, deadline_s=1.0).compose([known])
    claim = made.claims[1]
    assert claim.review_ids == ("quality-negative-1", "quality-negative-2")
    assert claim.count == 2
    assert "t least 2 reviewers" in claim.text


def test_the_other_quote_of_a_point_is_told() -> None:
    def read(texts: Sequence[str]) -> list[Read]:
        return [read_as("positive" if "fine" in text else "negative", "quality") for text in texts]

    (made,) = SummaryComposer({}, {"en": read}, deadline_s=1.0).compose([HINGE])
    assert "the hinge broke" in made.text
    assert "fine" not in made.text


def test_what_nobody_reads_is_told_as_it_is() -> None:
    is_fit = fitting_quotes([HINGE], {})
    assert is_fit(CLAIMED, CLAIMED.quotes[0])


def test_a_point_without_a_quote_that_agrees_is_not_told() -> None:
    def read(texts: Sequence[str]) -> list[Read]:
        return [read_as("positive") for _ in texts]

    (made,) = SummaryComposer({}, {"en": read}, deadline_s=1.0).compose([HINGE])
    assert [claim.aspect for claim in made.claims] == [None]
