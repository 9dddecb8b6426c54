"""The check of claims finds what is wrong, in sentences that no template has written too."""

import pytest

from schemas.summaries import SummaryClaim
from streams.evaluating.claim_checking import faults
from tests.unit.streams.composing.snapshots import point, snapshot

SHOT = snapshot(
    20,
    2,
    8,
    [
        point("delivery", "positive", "arrived next day", "came early"),
        point("quality", "negative", "the arm wobbles"),
    ],
    aspects=[{"aspect": "quality", "negative": 6, "neutral": 0, "positive": 1}],
)
GOOD = ("delivery-positive-0", "delivery-positive-1")


def claim(text: str, count: int = 2, ids: tuple[str, ...] = GOOD, **more: str) -> SummaryClaim:
    return SummaryClaim.model_validate(
        {
            "text": text, "method": "template", "count": count, "review_ids": ids,
            "aspect": "delivery", "polarity": "positive", **more,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Two reviewers praise the shipping.",
        "2 buyers are happy with the delivery: “arrived next day”.",
        "The delivery is liked: “next day” and “came early”.",
        "两位用户称赞物流。",
        "“came early”",
    ],
)
def test_what_is_said_is_supported(text: str) -> None:
    assert faults(claim(text), SHOT) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("3 reviewers praise the delivery.", "number 3"),
        ("Three reviewers praise the delivery.", "number 3"),
        ("三位用户称赞物流。", "number 3"),
        (
            "2 reviewers praise the delivery: “arrived the same day”.",
            "not said by its reviews: arrived the same day",
        ),
        ("2 reviewers criticise the delivery.", "words of the other polarity"),
        ("2 reviewers praise the packaging.", "does not name its aspect"),
        ("2 reviewers praise the delivery and the packaging.", "names packaging"),
        ("Half of the reviewers praise the delivery.", "a share of an aspect"),
        ("2 reviewers speak of the delivery.", "no words of its polarity"),
    ],
)
def test_what_is_not_said_is_found(text: str, fault: str) -> None:
    assert fault in faults(claim(text), SHOT)


def test_reviews_must_make_the_point() -> None:
    wrong = claim("2 reviewers praise the delivery.", ids=(*GOOD, "quality-negative-0"))
    assert "review quality-negative-0 does not say so" in faults(wrong, SHOT)
    assert "2 reviews, of which 3 are named" in faults(wrong, SHOT)
    assert "no key point of its aspect and polarity" in faults(claim("The delivery is liked.", ids=()), SHOT)
    assert faults(claim("5 reviewers praise the delivery.", count=5), SHOT) == [
        "5 reviews, of which 2 are named"
    ]


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("Of 30 reviews, 20 are positive, 2 mixed and 8 negative.", True),
        ("About two thirds of the 30 reviews are positive.", True),
        ("About half of the 30 reviews are positive.", False),
        ("About two thirds of the 30 reviews are negative.", False),
        ("Of 30 reviews, 8 are positive and 20 negative.", False),
        ("Of 31 reviews, 20 are positive.", False),
        ("The verdict is mostly negative.", False),
        ("30条评论中，有20条好评、2条中评、8条差评。", True),
        ("30条评论中约三分之二是好评。", True),
        ("30条评论中，有8条好评。", False),
    ],
)
def test_sentences_about_all_reviews(text: str, is_right: bool) -> None:
    one = SummaryClaim(text=text, method="template", count=30)
    assert (faults(one, SHOT) == []) == is_right
