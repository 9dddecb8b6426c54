"""Which reviews say themselves that they were rewarded."""

import pytest

from models.quality import incentivised


@pytest.mark.parametrize(
    "text",
    [
        "I received this kettle for free in exchange for my honest review.",
        "Got it at a discount in return for an unbiased opinion.",
        "I was sent this lamp free of charge to test and review.",
        "We were given a complimentary bottle to try.",
        "I received this product free from the brand.",
        "They gifted me this lamp to review.",
        "Soft and warm. #gifted",
        "商家免费寄来试用，写评价。",
        "这是免费试用得到的，还不错",
        "试用中心申请到的产品",
    ],
)
def test_an_author_who_was_given_something_says_so(text: str) -> None:
    """In the words of disclosures, English and Chinese."""
    flag = incentivised(text, has_notice=False)
    assert flag is not None
    assert flag.kind == "incentivised"


@pytest.mark.parametrize(
    "text",
    [
        "Free shipping, and I got a free cable with it.",
        "I received the wrong one and returned it for free.",
        "BPA free, and easy to test.",
        "Bought at a discount, would pay the full price.",
        "I got a refund in exchange for the broken lamp.",
        "The free sample in the box was nice.",
        "In exchange for the old phone I got 50 dollars off.",
        "免费送了一个小样，很开心",
        "试用了一下，效果不错",
        "商家送了小礼物",
    ],
)
def test_what_is_free_for_everybody_is_no_reward(text: str) -> None:
    """Shipping, gifts, refunds, and trying it out."""
    assert incentivised(text, has_notice=False) is None


def test_a_notice_is_surer_than_words() -> None:
    """The platform knows."""
    notice = incentivised("Bright.", has_notice=True)
    words = incentivised("I got it free from the brand.", has_notice=False)
    assert notice is not None
    assert words is not None
    assert notice.score > words.score
