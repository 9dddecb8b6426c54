"""Every aspect has words of its own, and every sentence about one reads well."""

from typing import Any, get_args

import pytest

from models.readers.aspects import ASPECTS
from schemas.fields import SentimentLabel
from schemas.summaries import SummaryClaim
from streams.composing import chinese, english
from streams.composing.composition import Opinion, Quoted, Speakers
from streams.composing.opinions import UNNAMED
from streams.composing.publishable import problems
from streams.composing.variety import Variety
from streams.evaluating.claim_checking import faults
from tests.unit.streams.composing.snapshots import point, snapshot

TEMPLATES = {"en": english, "zh": chinese}
QUOTES = {"en": "just as the picture shows", "zh": "和图片上看到的差不多"}


def opinion(aspect: str, polarity: SentimentLabel, total: int, language: str) -> tuple[Opinion, Any]:
    quotes = [f"{QUOTES[language]} {number}" for number in range(total)]
    shot = snapshot(30, 30, 30, [point(aspect, polarity, *quotes, language=language)], language=language)
    (known,) = shot.key_points
    return Opinion.of([known], (Quoted(known, quotes[0], known.review_ids[0], None),)), shot


@pytest.mark.parametrize("words", [english.ASPECT_WORDS, chinese.ASPECT_WORDS])
def test_words_are_of_the_one_list(words: dict[str, str]) -> None:
    """Of every aspect, of no other, each its own."""
    assert tuple(words) == ASPECTS
    assert len(set(words.values())) == len(ASPECTS)


@pytest.mark.parametrize("language", TEMPLATES)
@pytest.mark.parametrize("polarity", get_args(SentimentLabel))
@pytest.mark.parametrize("aspect", [one for one in ASPECTS if one != UNNAMED])
def test_whoever_checks_a_sentence_knows_its_aspect(
    aspect: str, polarity: SentimentLabel, language: str
) -> None:
    """In any of its forms it names its aspect, its number and its polarity, and no other."""
    for total in (1, 3):
        told, shot = opinion(aspect, polarity, total, language)
        templates = TEMPLATES[language]
        texts = {
            templates.told(told, Variety(str(number)), number % 3, turns=number % 2 == 1, speakers=speakers)
            for number in range(12)
            for speakers in get_args(Speakers)
        }
        for text in texts | {templates.told_briefly(told)}:
            claim = SummaryClaim(
                text=text, method="template", count=total, review_ids=shot.key_points[0].review_ids,
                aspect=aspect, polarity=polarity,
            )  # fmt: skip
            assert faults(claim, shot) == [], text
            assert problems(text, language) == [], text
            assert "_" not in text


@pytest.mark.parametrize(
    ("aspect", "polarity", "language", "wanted", "briefly"),
    [
        (
            *("taste_and_smell", "positive", "en"),
            (
                "reviewers like how it tastes or smells, for example: “",
                "How it tastes or smells is praised by 3 reviewers; one writes “",
            ),
            "3 reviewers praise how it tastes or smells, e.g. “",
        ),
        (
            *("content", "negative", "en"),
            ("3 reviewers complain about the content, for", "The content is criticised by 3 reviewers, for"),
            "3 reviewers criticise the content, e.g. “",
        ),
        (
            *("safety", "negative", "en"),
            ("3 reviewers raise safety concerns, for example: “",),
            "3 reviewers raise safety concerns, e.g. “",
        ),
        ("safety", "positive", "en", ("3 reviewers find it safe; one",), "3 reviewers find it safe, e.g. “"),
        (
            *("taste_and_smell", "negative", "zh"),
            ("3位买家对味道表示不满，", "味道受到3位买家的批评，"),
            "3位买家批评味道，如“",
        ),
        (
            "content",
            "positive",
            "zh",
            ("3位买家称赞内容，", "内容得到3位买家的肯定，"),
            "3位买家称赞内容，如“",
        ),
        ("safety", "negative", "zh", ("3位买家担心安全问题，",), "3位买家担心安全问题，如“"),
    ],
)
def test_new_aspects_read_well(
    aspect: str, polarity: SentimentLabel, language: str, wanted: tuple[str, ...], briefly: str
) -> None:
    """As a shopper would say it, as subject and as object."""
    told, _ = opinion(aspect, polarity, 3, language)
    templates = TEMPLATES[language]
    texts = [templates.told(told, Variety(str(number)), 0, turns=False) for number in range(40)]
    for sentence in wanted:
        assert any(sentence in text for text in texts), texts
    assert templates.told_briefly(told).startswith(briefly)
