"""Which clauses a sentence of a summary is paired with, and which sentences are left out."""

from pathlib import Path

import pytest
from phrase_files import WordReader, write_fewsum, write_items

from models.errors import TrainingDataError
from models.training.corpora.phrase_alignment import align
from models.training.corpora.phrase_pairs import (
    PhrasePair,
    PhrasePairs,
    read_phrase_pairs,
    without_those_of,
)

READER = WordReader()


def read(directory: Path, reviews: list[str], *sentences: str) -> PhrasePairs:
    """Pairs of one item in the first set, with nothing in the second."""
    write_items(directory / "amazon_train.csv", [(reviews, [" ".join(sentences)])])
    write_items(directory / "yelp_train.csv", [])
    return read_phrase_pairs(directory, "train", READER)


def test_clauses_are_chosen_by_the_words_they_add() -> None:
    """The one that shares most first, then what it lacks; only the clauses that share words are quoted."""
    reviews = [
        "My cat hates it. The handle of the jug is blue and sturdy, which suits me; my aunt has one.",
        "It pours without a spill!",
        "The jug came on Monday.",
    ]
    assert align("The blue jug has a sturdy handle and pours without a spill.", reviews, READER) == (
        "The handle of the jug is blue and sturdy",
        "It pours without a spill",
    )


def test_a_clause_between_two_that_share_words_is_kept() -> None:
    """What is quoted is one piece of the review."""
    reviews = ["After a month, the lid fits, my aunt says, and seals tightly, at last."]
    assert align("The lid fits and seals tightly.", reviews, READER) == (
        "the lid fits, my aunt says, and seals tightly",
    )


def test_too_little_support_is_none() -> None:
    """Three fifths of the telling words have to be there; weak words do not count."""
    reviews = ["The wheels wobble very much, so there you are."]
    assert align("The wheels wobble and the brakes squeal there.", reviews, READER) == ()
    assert align("The wheels wobble loudly.", reviews, READER) == ("The wheels wobble very much",)
    assert align("It is so very much there.", reviews, READER) == ()


def test_the_opposite_is_no_evidence() -> None:
    """A clause that is read as criticism does not support praise; a neutral one does."""
    reviews = ["The scent of soap is bad.", "Scent of soap all day."]
    assert align("The scent of soap is fine.", reviews, READER) == ("Scent of soap all day",)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("I find that the wheels wobble.", "first person"),
        ("The wheels of our cart wobble.", "first person"),
        ("The wheels wobble, so buy spare ones.", "advice"),
        ("The wheels wobble when you push it.", "advice"),
        ("Wheels wobble.", "length"),
        (f"The wheels wobble {'and wobble ' * 10}.", "length"),
        ("The brakes squeal at every corner.", "unsupported"),
    ],
)
def test_what_is_left_out_is_counted(tmp_path: Path, sentence: str, reason: str) -> None:
    """Each sentence by the first rule that is against it."""
    found = read(tmp_path, ["The wheels wobble."], sentence)
    assert found == PhrasePairs((), 1, {reason: 1})


def test_pairs_are_read(tmp_path: Path) -> None:
    """Links to other sentences are cut off, a sentence counts once, quotes are no part of it."""
    found = read(
        tmp_path,
        ['Its wheels are fine, ""smooth"", and silent.'],
        '"Overall, the wheels are smooth and silent.',
        'The wheels are smooth and silent."',
    )
    pair = PhrasePair(
        ("Its wheels are fine, smooth , and silent",), found.pairs[0].phrase, "thing", "good", "amazon"
    )
    assert found.pairs == (pair,)
    assert pair.phrase == "The wheels are smooth and silent."
    assert found.left_out == {"said twice": 1}
    request = pair.request(samples=2)
    assert (request.evidence, request.aspect, request.samples) == (pair.evidence, "thing", 2)


def test_no_text_is_on_both_sides(tmp_path: Path) -> None:
    """A pair goes whose phrase or evidence, case aside, is one of the others' texts."""
    pairs = read_phrase_pairs(write_fewsum(tmp_path) / "fewsum", "train", READER).pairs
    assert len(pairs) == 10
    same_phrase = PhrasePair(("other",), pairs[0].phrase.upper(), "a", "b", "c")
    same_evidence = PhrasePair((pairs[1].evidence[0],), "Other.", "a", "b", "c")
    assert without_those_of(pairs, [same_phrase, same_evidence]) == list(pairs[2:])


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """A file; a column."""
    with pytest.raises(TrainingDataError, match=r"amazon_val\.csv"):
        read_phrase_pairs(tmp_path, "val", READER)
    (tmp_path / "amazon_val.csv").write_text("rev1\trev2\na\tb\n")
    with pytest.raises(TrainingDataError, match="row 1: wanted a column rev3"):
        read_phrase_pairs(tmp_path, "val", READER)
