"""From tokens to opinions: whole words, no sentence crossed, boldness, who judges."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.readers.aspects import ASPECTS
from models.readers.opinion_spans import REVIEWER, TokenProbabilities, TokenSpan, opinion_spans
from schemas.vocabularies import HOLDERS

COLUMNS = 1 + len(ASPECTS)
FORMER, SOMEBODY = HOLDERS.index("former_product"), HOLDERS.index("somebody_else")


def row(width: int, column: int, probability: float = 0.9) -> list[float]:
    """One column has this probability, the others share the rest."""
    rest = (1 - probability) / (width - 1)
    return [probability if one == column else rest for one in range(width)]


def spans(
    columns: Sequence[int],
    *,
    sure: Sequence[float] | None = None,
    begins: Sequence[int] = (),
    goes_on: Sequence[int] = (),
    sentences: Sequence[int] = (0,),
    holders: Sequence[int] | None = None,
    polarity: Sequence[int] | None = None,
    boldness: float = 1.0,
) -> list[TokenSpan]:
    """Read tokens whose likeliest aspect columns are these; the other arguments name tokens by their number."""
    count = len(columns)
    places = np.arange(count)
    tokens = TokenProbabilities(
        np.array(
            [row(COLUMNS, *one) for one in zip(columns, sure or [0.9] * count, strict=True)], dtype=np.float32
        ),
        np.where(np.isin(places, begins), 0.9, 0.1).astype(np.float32),
        np.array([row(3, one) for one in polarity or [2] * count], dtype=np.float32),
        np.array([row(4, one) for one in holders or [REVIEWER] * count], dtype=np.float32),
    )
    return list(opinion_spans(tokens, ~np.isin(places, goes_on), np.isin(places, sentences), boldness))


def found(*arguments: Sequence[int], **more: Sequence[int]) -> list[tuple[int, int, int]]:
    return [(one.first, one.last, one.aspect) for one in spans(*arguments, **more)]


def test_touching_words_of_one_aspect_are_one_opinion() -> None:
    assert found([0, 3, 3, 3, 0, 5, 0]) == [(1, 4, 2), (5, 6, 4)]


def test_nothing_is_found_where_nothing_is_judged() -> None:
    assert found([0, 0, 0]) == []


def test_an_opinion_may_fill_the_text() -> None:
    assert found([7, 7]) == [(0, 2, 6)]


def test_words_that_waver_between_aspects_are_one_opinion() -> None:
    """On the aspect that is likeliest of all of them; where another begins, its own counts."""
    assert found([3, 3, 5]) == [(0, 3, 2)]
    assert found([3, 3, 5, 5], begins=[2]) == [(0, 2, 2), (2, 4, 4)]


def test_a_beginning_parts_two_opinions_on_one_aspect() -> None:
    assert found([3, 3, 3, 3], begins=[0, 2]) == [(0, 2, 2), (2, 4, 2)]


def test_a_beginning_within_a_word_or_without_an_opinion_parts_nothing() -> None:
    assert found([0, 0, 3, 3, 3], begins=[1, 3], goes_on=[3]) == [(2, 5, 2)]


def test_the_end_of_a_sentence_parts_two_opinions() -> None:
    assert found([3, 3, 3], sentences=[0, 1]) == [(0, 1, 2), (1, 3, 2)]


def test_a_sentence_that_begins_with_the_rest_of_a_word_begins_a_word() -> None:
    """As where a sentence is too long for a window and is cut."""
    assert found([3, 3, 3], sentences=[0, 2], goes_on=[1, 2]) == [(0, 2, 2), (2, 3, 2)]


def test_a_word_is_of_one_opinion() -> None:
    """Its tokens are averaged: one strange token of three neither cuts it nor makes an opinion of it."""
    assert found([3, 0, 3, 0], goes_on=[1, 2]) == [(0, 3, 2)]
    assert found([0, 3, 0, 0], goes_on=[1, 2]) == []
    assert found([5, 3, 3, 5], goes_on=[1, 2], begins=[3]) == [(0, 3, 2), (3, 4, 4)]


def test_boldness_finds_more() -> None:
    """A doubtful opinion is taken once "no opinion" counts less; the confidence stays what it was."""
    doubtful = {"columns": [0, 0, 3], "sure": [0.95, 0.35, 0.9], "begins": [2]}
    rest = (1 - 0.35) / (COLUMNS - 1)
    assert [(one.first, one.last) for one in spans(**doubtful)] == [(2, 3)]
    bold = spans(**doubtful, boldness=0.35 / rest * 1.01)
    assert [(one.first, one.last) for one in bold] == [(1, 2), (2, 3)]
    assert bold[0].confidence == pytest.approx(rest * 0.9, rel=1e-4)
    assert spans([3], sure=[0.4], boldness=0.05) == []


def test_judgements_of_others_are_found_with_their_holder() -> None:
    """They are no opinion to the aspect head, and are told apart by holder; their confidence is the holder's."""
    got = spans(
        [0, 0, 0, 0, 3], holders=[REVIEWER, FORMER, FORMER, SOMEBODY, REVIEWER], polarity=[2, 0, 0, 1, 2]
    )
    assert [(one.first, one.last, one.holder) for one in got] == [
        (1, 3, FORMER),
        (3, 4, SOMEBODY),
        (4, 5, REVIEWER),
    ]
    assert [one.confidence for one in got] == pytest.approx([0.9, 0.9, 0.81])
    assert [int(np.argmax(one.polarity)) for one in got] == [0, 1, 2]


def test_where_the_aspect_head_sees_an_opinion_it_is_the_reviewers() -> None:
    """The doubt of the holder head lowers the confidence."""
    (only,) = spans([3], holders=[FORMER])
    assert only.holder == REVIEWER
    assert only.confidence == pytest.approx(0.9 * 0.1 / 3, rel=1e-4)


def test_confidence_and_polarity_are_means_over_the_span() -> None:
    (only,) = spans([3, 3], sure=[0.8, 0.6], polarity=[2, 0])
    assert only.confidence == pytest.approx(0.7 * 0.9, rel=1e-4)
    assert only.polarity == pytest.approx((0.475, 0.05, 0.475), abs=1e-4)


@st.composite
def token_probabilities(draw: st.DrawFn) -> tuple[TokenProbabilities, np.ndarray, np.ndarray]:
    count = draw(st.integers(1, 25))

    def rows(width: int) -> np.ndarray:
        weights = draw(arrays.arrays(np.float32, (count, width), elements=st.integers(1, 60)))
        return (weights**2 / (weights**2).sum(axis=1, keepdims=True)).astype(np.float32)

    flags = arrays.arrays(np.bool_, count)
    begins = draw(arrays.arrays(np.float32, count, elements=st.sampled_from([0.0, 0.4, 1.0])))
    starts_word, starts_sentence = draw(flags), draw(flags)
    starts_sentence[0] = True
    return TokenProbabilities(rows(COLUMNS), begins, rows(3), rows(4)), starts_word, starts_sentence


@settings(max_examples=40, deadline=None)
@given(token_probabilities(), st.sampled_from([0.2, 1.0, 5.0]))
def test_spans_are_whole_words_in_order_within_sentences(
    drawn: tuple[TokenProbabilities, np.ndarray, np.ndarray], boldness: float
) -> None:
    """Whatever the heads say; and what is sure of something is a probability."""
    tokens, starts_word, starts_sentence = drawn
    count = len(starts_word)
    borders = {*np.flatnonzero(starts_word | starts_sentence).tolist(), count}
    end = 0
    for one in opinion_spans(tokens, starts_word, starts_sentence, boldness):
        assert end <= one.first < one.last <= count
        assert {one.first, one.last} <= borders
        assert not starts_sentence[one.first + 1 : one.last].any()
        assert 0 <= one.confidence <= 1
        assert sum(one.polarity) == pytest.approx(1, abs=1e-4)
        assert 0 <= one.aspect < len(ASPECTS)
        assert 0 <= one.holder < len(HOLDERS)
        end = one.last
