"""Tell which sentiment a checkpoint's label names mean."""

import re
from collections.abc import Mapping, Sequence

from models.errors import ModelConfigurationError
from models.readers.interfaces import SENTIMENT_LABELS, SentimentLabel

_NAMES: Mapping[str, SentimentLabel] = {
    "negative": "negative", "neg": "negative", "very negative": "negative", "bad": "negative",
    "neutral": "neutral", "neu": "neutral", "mixed": "neutral",
    "positive": "positive", "pos": "positive", "very positive": "positive", "good": "positive",
}  # fmt: skip

_STARS = re.compile(r"([1-5]) stars?")

_SENTIMENT_OF_STARS: Mapping[int, SentimentLabel] = {
    1: "negative",
    2: "negative",
    3: "neutral",
    4: "positive",
    5: "positive",
}


def map_labels(
    names: Sequence[str], configured: Mapping[str, SentimentLabel] | None = None
) -> list[SentimentLabel]:
    """The sentiment of each output, in order. A checkpoint with two poles only never says neutral.

    Args:
        names: of the outputs, such as "POSITIVE" or "4 stars".
        configured: sentiments by name; it wins over what the name suggests.

    Raises:
        ModelConfigurationError: a name is unknown, or not both poles occur.

    >>> map_labels(["1 star", "2 stars", "3 stars", "4 stars", "5 stars"])
    ['negative', 'negative', 'neutral', 'positive', 'positive']
    """
    mapped = [_sentiment(name, configured or {}) for name in names]
    unknown = [name for name, label in zip(names, mapped, strict=True) if label is None]
    if unknown:
        raise ModelConfigurationError(
            f"the checkpoint's labels {unknown} are no sentiments this project knows: map each of them to one "
            f"of {', '.join(SENTIMENT_LABELS)} with `labels`"
        )
    known = [label for label in mapped if label is not None]
    if not {"negative", "positive"} <= set(known):
        raise ModelConfigurationError(
            f"the checkpoint's labels {list(names)} lack a negative or a positive one: "
            "it is not a sentiment classifier"
        )
    return known


def _sentiment(name: str, configured: Mapping[str, SentimentLabel]) -> SentimentLabel | None:
    if name in configured:
        return configured[name]
    plain = re.sub(r"[\s_-]+", " ", name).strip().lower()
    if stars := _STARS.fullmatch(plain):
        return _SENTIMENT_OF_STARS[int(stars[1])]
    return _NAMES.get(plain)
