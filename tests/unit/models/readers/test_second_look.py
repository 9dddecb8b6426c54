"""What stars add to a text, and which opinions count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.quality import rating_mismatch
from models.readers.interfaces import AspectMention, ReviewReading, SentimentPrediction
from models.readers.second_look import ToldOpinion, second_look
from models.readers.stars import CLEAR, with_rating
from schemas.vocabularies import HOLDERS

UNSURE = SentimentPrediction(negative=0.40, neutral=0.25, positive=0.35)
GOOD = SentimentPrediction(negative=0.1, neutral=0.1, positive=0.8)
RATINGS = st.floats(0, 5)


@st.composite
def sentiments(draw: st.DrawFn) -> SentimentPrediction:
    """Any probabilities."""
    weights = [draw(st.floats(0.001, 1)) for _ in range(3)]
    return SentimentPrediction(*(one / sum(weights) for one in weights))


@given(sentiments(), RATINGS | st.none())
def test_the_rating_of_a_clear_text_is_not_asked(text: SentimentPrediction, rating: float | None) -> None:
    """Nor one that is not there; with any other the outcome is a distribution, and says that it is of both."""
    sentiment, basis = with_rating(text, rating)
    assert (basis == "text") == (rating is None or max(text) >= CLEAR)
    if basis == "text":
        assert sentiment == text
    else:
        assert basis == "text_and_stars"
        assert sum(sentiment) == pytest.approx(1)
        assert min(sentiment) > 0


@given(sentiments(), RATINGS)
def test_a_text_that_contradicts_its_stars_is_judged_by_its_words(
    text: SentimentPrediction, rating: float
) -> None:
    """What is flagged as a mismatch must not be called what the stars say."""
    if rating_mismatch(rating, negative=text.negative, neutral=text.neutral, positive=text.positive):
        assert with_rating(text, rating) == (text, "text")


@given(sentiments().filter(lambda one: max(one) < CLEAR), RATINGS, RATINGS)
def test_more_stars_never_speak_for_less(text: SentimentPrediction, one: float, other: float) -> None:
    """Praise gains on complaint with each part of a star, without a jump down between whole ones."""
    fewer, more = (with_rating(text, rating)[0] for rating in sorted((one, other)))
    assert more.positive / more.negative >= fewer.positive / fewer.negative * (1 - 1e-9)


@pytest.mark.parametrize(
    ("rating", "label"),
    [
        (0, "negative"), (0.5, "negative"), (1, "negative"), (2, "negative"), (3, "negative"), (4, "neutral"),
        (4.5, "positive"), (5, "positive"),
    ],
)  # fmt: skip
def test_stars_decide_where_the_text_does_not(rating: float, label: str) -> None:
    """Four stars stand beside texts that balance more often than beside praise, and mean so of one that wavers."""
    assert with_rating(UNSURE, rating)[0].label == label


def test_stars_weigh_as_they_were_seen() -> None:
    """Bayes' rule by hand, with the root of the likelihood: 4 stars, seen 4, 16 and 43 times of 79, 32 and 208."""
    weighed = [0.40 * (5 / 84) ** 0.5, 0.25 * (17 / 37) ** 0.5, 0.35 * (44 / 213) ** 0.5]
    assert with_rating(UNSURE, 4)[0] == pytest.approx([one / sum(weighed) for one in weighed])
    halfway = [0.40 * (14 / 84) ** 0.5, 0.25 * (14 / 37) ** 0.5, 0.35 * (26 / 213) ** 0.5]
    assert with_rating(UNSURE, 3.5)[0] == pytest.approx([one / sum(halfway) for one in halfway])


def test_less_than_one_star_is_one() -> None:
    """Some platforms begin at 0; nobody has counted such stars by themselves."""
    assert with_rating(UNSURE, 0) == with_rating(UNSURE, 1)


def looked_at(*mentions: AspectMention, least_confidence: float = 0.5) -> tuple[ToldOpinion, ...]:
    return second_look(ReviewReading(GOOD, (), mentions), None, least_confidence).opinions


@pytest.mark.parametrize("confidence", [0.0, 0.49, 0.5, 1.0])
@pytest.mark.parametrize("holder", [None, "reviewer"])
def test_an_opinion_counts_from_the_threshold_on(confidence: float, holder: str | None) -> None:
    """The reviewer's own, and that of a reader that does not tell holders apart; the rest stays as read."""
    (opinion,) = looked_at(AspectMention("design", confidence, GOOD, 3, 9, holder))
    assert opinion.uncounted == (None if confidence >= 0.5 else "unsure")
    assert opinion[:6] == ("design", GOOD, confidence, 3, 9, holder)
    assert (opinion.label, opinion.score) == ("positive", 0.8)


@pytest.mark.parametrize("holder", [*HOLDERS[1:], "a_holder_of_tomorrow"])
def test_what_is_not_the_reviewers_counts_nowhere_and_pretends_nothing(holder: str) -> None:
    """However sure: no reader learns what it is about and how it feels, so what it happened to say is not told."""
    mention = AspectMention("design", 1.0, GOOD, 3, 9, holder)
    (opinion,) = looked_at(mention, least_confidence=0.0)
    assert opinion.uncounted == "not_the_reviewers"
    assert (opinion.aspect, opinion.label, opinion.score) == ("other", "neutral", 0.0)
    assert opinion[2:6] == (1.0, 3, 9, holder)


def test_all_are_told_in_their_order_and_the_sure_ones_count() -> None:
    mentions = [
        AspectMention("design", 0.2, GOOD, 0, 2),
        AspectMention("quality", 0.9, GOOD, 3, 5, "expectation"),
        AspectMention("delivery", 0.6, GOOD, 6, 8, "reviewer"),
    ]
    look = second_look(ReviewReading(UNSURE, (), tuple(mentions)), 5, 0.5)
    assert [one.start for one in look.opinions] == [0, 3, 6]
    assert [one.aspect for one in look.counted] == ["delivery"]
    assert (look.sentiment.label, look.basis) == ("positive", "text_and_stars")
