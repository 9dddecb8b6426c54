"""Sentences and clauses: exact offsets, nothing lost, linear time."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.chinese_sentences import without_punctuation
from models.text.sentences import _TURN, _TURNS, _may_turn, clause_around, split_sentences


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It works. It is loud!", ["It works.", "It is loud!"]),
        ("Mr. Smith paid $3.50 vs. $4.", ["Mr. Smith paid $3.50 vs. $4."]),
        ("Really?! Yes...", ["Really?!", "Yes..."]),
        ('He said "buy it." I did not.', ['He said "buy it."', "I did not."]),
        ("One line\nanother line", ["One line", "another line"]),
        ("no end", ["no end"]),
        ("  \n ", []),
        ("很好。Great phone! 不错", ["很好。", "Great phone!", "不错"]),
        ("I bought version 2.0.1 of it. Fine.", ["I bought version 2.0.1 of it.", "Fine."]),
    ],
)
def test_sentences(text: str, wanted: list[str]) -> None:
    """Abbreviations, numbers and quotes do not end a sentence; new lines do."""
    assert pieces(text) == wanted


@given(st.text(alphabet="aB .!?\n,\"'。3", max_size=200))
def test_nothing_is_lost(text: str) -> None:
    """Spans follow each other, hold no space at their ends, and together all that is not space."""
    spans = split_sentences(text)
    assert all(start < end for start, end in spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


@given(st.text(alphabet="ab ,;but.", min_size=1, max_size=60), st.data())
def test_a_clause_holds_its_piece(text: str, data: st.DataObject) -> None:
    """Whatever the punctuation, a clause lies within the text."""
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, len(text)))
    begin, stop = clause_around(text, start, end)
    assert 0 <= begin <= stop <= len(text)


@pytest.mark.parametrize(
    "text", ["." * 20_000, "a" * 20_000, "a." * 10_000, "\n" * 20_000, "e.g. " * 4_000, "!?" * 9_999]
)
def test_hostile_texts_take_no_longer(text: str) -> None:
    """Twenty thousand characters of anything are split in well under a second."""
    started = time.perf_counter()
    split_sentences(text)
    clause_around(text, len(text) // 2, len(text) // 2 + 1)
    assert time.perf_counter() - started < 1.0


def test_a_placeholder_stays_whole() -> None:
    """Where personal data was masked, neither its brackets nor its name are cut off a clause."""
    text = "Write to [email] if you dare, it is [phone]"
    start, end = clause_around(text, 17, 19)
    assert text[start:end] == "Write to [email] if you dare"
    start, end = clause_around(text, 30, 32)
    assert text[start:end] == "it is [phone]"
    assert without_punctuation("，打[phone]！", 0, 10) == (1, 9)


@given(
    st.lists(st.sampled_from([*_TURNS, "BUT", "Yet", "whereaſ", "whıle", " ", ",", "a", "_", "é"])).map(
        "".join
    )
)
def test_no_turn_is_overlooked(text: str) -> None:
    """Where the cheap look sees no word that turns, there is none."""
    assert _may_turn(text) or not _TURN.search(text)
