"""Ratings as exports write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import ConfigurationError
from streams.importing.ratings import RatingError, RatingScale

FORMS = {
    5: [
        *("5", "5.0", " 5 ", "5,0", "５", "5.0 out of 5 stars", "★★★★★", "⭐⭐⭐⭐⭐", "⭐️⭐️⭐️⭐️⭐️"),
        *("FIVE", "five stars", "五星", "5分", "fünf Sterne", "cinq étoiles", "cinco estrellas"),
    ],
    4: [
        *("4/5", "4 / 5", "4,0 von 5 Sternen", "Rated 4 out of 5", "4,0 sur 5 étoiles", "4,0 de 5 estrellas"),
        *(
            "5つ星のうち4.0",
            "星5つ中の4",
            "4つ星",
            "星4つ",
            "4.0 颗星，最多 5 颗星",
            "4星",
            "四星",
            "4 su 5 stelle",
        ),
        *("★★★★☆", "★★★★", "4 stars", "4★", "★4.0", "vier Sterne", "quatre étoiles", "cuatro estrellas"),
        *("4 of 5", "4 Sterne", "4 étoiles", "4 estrellas", "4 van 5", "评分：4星"),
    ],
    1: [
        *("5つ星のうち1.0", "★☆☆☆☆", "ONE", "1 star", "one star", "1 Stern", "une étoile", "una estrella"),
        *("1.0 out of 5 stars", "1,0 von 5 Sternen", "一星", "1 étoile"),
    ],
    4.5: ["4.5", "4,5", "4.5/5", "4,5 von 5 Sternen", "★★★★½", "★4.5", "4.5 out of 5"],
}
NONE = [
    "N/A",
    "n/a",
    "-",
    "–",
    "none",
    "not rated",
    "未评分",
    "なし",
    "keine Bewertung",
    "STAR_RATING_UNSPECIFIED",
]


@pytest.mark.parametrize(
    ("stars", "text"), [(stars, text) for stars, texts in FORMS.items() for text in texts]
)
def test_stars_in_each_form(stars: float, text: str) -> None:
    """Numbers, symbols, words and phrases in English, German, French, Spanish, Italian, Japanese and Chinese."""
    assert RatingScale().stars(text) == stars


@pytest.mark.parametrize("text", NONE)
def test_no_rating(text: str) -> None:
    """It is none, not a refusal and not zero."""
    assert RatingScale().stars(text) is None


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("8", "--rating-scale 10"),
        ("8.5", "--rating-scale 10"),
        (92, "--rating-scale 10"),
        ("80%", "--rating-scale percent"),
        ("80 %", "--rating-scale percent"),
        ("8/10", "--rating-scale 10"),
        ("8 out of 10", "--rating-scale 10"),
        ("85/100", "--rating-scale 100"),
    ],
)
def test_another_scale_is_refused_unless_it_is_named(text: object, advice: str) -> None:
    """The message says how to name it."""
    with pytest.raises(RatingError, match=advice):
        RatingScale().stars(text)


@pytest.mark.parametrize(
    ("scale", "text", "stars"),
    [
        ("10", "8", 4),
        ("10", 8, 4),
        ("0-10", "8/10", 4),
        ("0-10", "0", 0),
        ("1-10", "0", None),
        ("1-10", "9", 4.5),
        ("percent", "80%", 4),
        ("percent", "90", 4.5),
        ("100", 100, 5),
        ("1-5", "0", None),
        ("1-5", 0, None),
        ("1-5", "0.0", None),
        ("1-5", "0 out of 5 stars", None),
        ("1-5", "3", 3),
        ("5", "0", 0),
        ("10", "4 out of 5 stars", 4),
        ("10", "★★★★★", 5),
        ("10", "five stars", 5),
    ],
)
def test_a_named_scale(scale: str, text: object, stars: float | None) -> None:
    """Numbers are on it; what says itself that it is of five stays so; where one is the least, zero is none."""
    assert RatingScale.named(scale).stars(text) == stars


@pytest.mark.parametrize(
    "text",
    [
        *(
            "often",
            "nan",
            "inf",
            "1e999",
            "1_0",
            "-1",
            "6 of 5",
            "★★★★★★",
            "☆☆☆☆☆",
            "12 stars",
            "5 5",
            "fivee",
        ),
        *("", True, [], 6, -1, float("nan")),
    ],
)
def test_what_is_no_rating_is_refused(text: object) -> None:
    """It is never taken for none."""
    with pytest.raises(RatingError):
        RatingScale().stars(text)


@pytest.mark.parametrize("name", ["", "ten", "5-1", "2-5", "1", "0", "-", "1-"])
def test_an_unknown_scale_is_said(name: str) -> None:
    """With examples."""
    with pytest.raises(ConfigurationError, match="--rating-scale: wanted"):
        RatingScale.named(name)


@given(st.integers(0, 100), st.integers(2, 100))
def test_a_scale_keeps_the_order(number: int, most: int) -> None:
    """And its ends are those of the stars."""
    if number <= most:
        stars = RatingScale(0, most).stars(number)
        assert stars is not None
        assert 0 <= stars <= 5
        assert (stars == 5) == (number == most)
        assert (stars == 0) == (number == 0)


@given(st.text(max_size=30))
def test_nothing_else_than_a_refusal_is_raised(text: str) -> None:
    """Whatever stands in the cell, stars are from 0 to 5."""
    try:
        stars = RatingScale().stars(text)
    except RatingError:
        return
    assert stars is None or 0 <= stars <= 5
