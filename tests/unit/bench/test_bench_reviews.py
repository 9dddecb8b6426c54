from collections import Counter
from pathlib import Path

import pytest

from schemas.reviews import Review
from streams.errors import ConfigurationError
from tests.bench.reviews import BLOCK, block_lengths, costless_reviews, drawn_reviews, reviews_of_file


def test_lengths_are_spread_like_real_ones() -> None:
    """Half of the reviews have at most 40 words, and the tail reaches 1,000."""
    words = sorted(len(review.text.split()) for review in drawn_reviews(2 * BLOCK))
    assert words[len(words) // 2] == 40
    assert words[-1] == 1_000
    assert words[0] == 3


def test_every_block_is_as_hard_as_the_others() -> None:
    """A contender measured on the first block gets the same lengths as one that is measured on all."""
    reviews = drawn_reviews(2 * BLOCK)
    blocks = [Counter(len(r.text.split()) for r in reviews[i : i + BLOCK]) for i in (0, BLOCK)]
    assert blocks[0] == blocks[1] == Counter(block_lengths())


def test_the_same_reviews_every_time() -> None:
    """Two runs measure the same."""
    assert drawn_reviews(300) == drawn_reviews(300)
    assert len({review.review_id for review in drawn_reviews(300)}) == 300


def test_reviews_are_valid_events() -> None:
    """Nothing the benchmark publishes is set aside."""
    for review in (*drawn_reviews(BLOCK), *costless_reviews(5)):
        event = Review.model_validate_json(review.value)
        assert (event.review_id, event.product_id) == (review.review_id, review.product_id)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    """Any table with a column of texts will do; rows without one are left out."""
    file = tmp_path / "mine.csv"
    file.write_text('body\n"Works, mostly."\n\n"Broke after a day."\n', encoding="utf-8")
    found = reviews_of_file(file, "text=body", "", 10)
    assert {review.text for review in found} == {"Works, mostly.", "Broke after a day."}


def test_a_file_without_reviews_is_refused(tmp_path: Path) -> None:
    """The error says which column was looked for and how to name another."""
    file = tmp_path / "mine.csv"
    file.write_text("title\nhello\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="--map text=COLUMN"):
        reviews_of_file(file, "", "", 10)
