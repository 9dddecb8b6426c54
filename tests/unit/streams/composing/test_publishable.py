"""What must not be published is found, and what buyers say is not."""

import pytest

from streams.composing.publishable import clean_quote, problems
from tests.unit.streams.composing.snapshots import CHINESE, ENGLISH, HOSTILE


@pytest.mark.parametrize("quote", HOSTILE)
def test_hostile_quotes_are_refused(quote: str) -> None:
    assert clean_quote(quote) is None
    assert problems(quote)


@pytest.mark.parametrize("quote", [*ENGLISH, *CHINESE])
def test_what_buyers_say_is_quoted(quote: str) -> None:
    cleaned = clean_quote(quote)
    assert cleaned
    assert cleaned in quote


@pytest.mark.parametrize(
    ("quote", "wanted"),
    [
        ("but the arm wobbles,", "the arm wobbles"),
        ("but for this price it is fine.", "but for this price it is fine"),
        ("不过包装破了。", "包装破了"),
        ("Love it!", "Love it!"),
        ("great", None),
        ("很好", None),
        ("write to [email] for help", None),
        ("he said “never”", None),
        ("one line\nanother", None),
        ("it is (almost good", None),
        ("word " * 40, None),
        ("灯" * 60, None),
        ("It costs $1,299 and weighs 2.5 kg", "It costs $1,299 and weighs 2.5 kg"),
    ],
)
def test_quotes_are_trimmed_or_refused(quote: str, wanted: str | None) -> None:
    assert clean_quote(quote) == wanted


def test_reasons_are_named() -> None:
    assert problems("Call 212-555-0123 now") == ["personal data"]
    assert problems("see www.lamps.example") == ["link or contact"]
    assert problems("Of 1,234,567 reviews, 1,000,000 are positive and 234,567 negative.") == []


@pytest.mark.parametrize(
    "quote",
    [
        "the Norrvik lamp is better",
        "Great price at the Vintrosa store",
        "their lamps are cheaper",
        "cheaper elsewhere, same thing",
        "competitors have a longer cord",
        "the shade is dentist approved",
        "比这个好用的多的是",
        "隔壁店的更便宜",
        "经过专家认证",
    ],
)
def test_words_for_another_shop_and_of_authorities_are_not_quoted(quote: str) -> None:
    assert clean_quote(quote) is None


@pytest.mark.parametrize(
    "quote",
    [
        "better than my last lamp",
        "I got it on Monday",
        "the USB port is better placed now",
        "less noise than expected",
        "客服给换了新的",
        "3C认证齐全",
        "比以前用的好",
    ],
)
def test_comparisons_without_a_name_are_quoted(quote: str) -> None:
    assert clean_quote(quote) == quote
