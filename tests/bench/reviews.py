"""What is measured on: reviews whose lengths are spread like real ones, or those of a file."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import orjson
from pydantic import ValidationError

from schemas.reviews import Review
from schemas.topics import NEW_REVIEW
from streams.demo import catalogue
from streams.errors import ConfigurationError
from streams.importing import EventStream, ImportOptions, ReadyEvent, RowFile, parse_assignments

#: Words of a review: half have at most 40, one in six more than 108, the longest has 1,000.
MEDIAN_WORDS = 40
_SPREAD = 1.0
_SHORTEST_WORDS, _LONGEST_WORDS = 3, 1_000
#: Reviews come in blocks whose lengths are the same set of numbers, so that a slow contender may be measured on
#: the first block alone without being given easier or harder reviews.
BLOCK = 250
PRODUCTS = 211


@dataclass(frozen=True)
class BenchReview:
    """One review to publish."""

    review_id: str
    product_id: str
    text: str
    value: bytes


def drawn_reviews(count: int, *, seed: int = 7) -> list[BenchReview]:
    """English reviews made of the demonstration's sentences, lengths log-normal, in blocks of BLOCK."""
    numbers = random.Random(seed)
    sentences = _english_texts()
    texts: list[str] = []
    while len(texts) < count:
        block = [_text_of_words(length, sentences, numbers) for length in block_lengths()]
        numbers.shuffle(block)
        texts += block
    # Named English, as a platform does: a review of three words may be anything, and then no model would be asked.
    return [_review(number, text, "en") for number, text in enumerate(texts[:count])]


def block_lengths() -> list[int]:
    """The words of each review of a block, from the shortest to the longest.

    >>> lengths = block_lengths()
    >>> lengths[0], lengths[len(lengths) // 2], lengths[-1]
    (3, 40, 1000)
    """
    normal = NormalDist(math.log(MEDIAN_WORDS), _SPREAD)
    drawn = [round(math.exp(normal.inv_cdf((rank + 0.5) / BLOCK))) for rank in range(BLOCK)]
    return [max(_SHORTEST_WORDS, words) for words in drawn[:-1]] + [_LONGEST_WORDS]


def reviews_of_file(
    path: Path, columns: str, constants: str, count: int, *, seed: int = 7
) -> list[BenchReview]:
    """Up to `count` reviews of a JSONL, CSV or TSV file, in random order.

    Raises:
        ConfigurationError: the file has no usable review.
    """
    mapping = parse_assignments(columns, "--map")
    fixed = {"product_id": "p", "created_at": "2026-01-01T00:00:00Z"}
    constants_of_all = fixed | parse_assignments(constants, "--set")
    rows = RowFile(path)
    options = ImportOptions(mapping, constants_of_all, preset="none")
    events = EventStream(rows, NEW_REVIEW, options, columns=rows.columns, source=str(path))
    good = [orjson.loads(event.value) for event in events if isinstance(event, ReadyEvent)]
    texts = [str(event["text"]) for event in good if event.get("text")]
    if not texts:
        raise ConfigurationError(
            f"bench: {path} has no review with a text; name its column with --map text=COLUMN"
        )
    random.Random(seed).shuffle(texts)
    return [_review(number, text) for number, text in enumerate(texts[:count])]


def costless_reviews(count: int) -> list[BenchReview]:
    """Events of about 400 bytes for the costless model, which reads nothing of them."""
    text = "Arrived on time, does what it says, and the box was not even dented. " * 3
    return [_review(number, text.strip()) for number in range(count)]


def _review(number: int, text: str, language: str | None = None) -> BenchReview:
    review_id, product_id = f"r{number}", f"p{number % PRODUCTS}"
    event = {
        "review_id": review_id,
        "product_id": product_id,
        "text": text,
        "language": language,
        "rating": 1 + number % 5,
        "verified_purchase": number % 3 == 0,
        "platform": "bench",
        "created_at": "2026-10-01T12:00:00Z",
    }
    return BenchReview(review_id, product_id, text, orjson.dumps(event))


def _text_of_words(length: int, sentences: Sequence[str], numbers: random.Random) -> str:
    words: list[str] = []
    while len(words) < length:
        words += numbers.choice(sentences).split()
    return " ".join(words[:length])


def _english_texts() -> list[str]:
    texts = []
    for record in catalogue.records():
        try:
            text = Review.model_validate_json(record.value or b"").text
        except ValidationError:
            continue
        if text is not None and text.isascii():
            texts.append(text)
    return texts
