"""Pros and cons by aspect, and which aspects may be named at all."""

from collections.abc import Callable, Iterator

from schemas.counts import AspectCounts, ReviewCounts
from schemas.fields import SentimentLabel
from schemas.summaries import Facet
from streams.composing.opinions import UNNAMED
from streams.composing.publishable import problems

_MAX_ASPECTS = 5
_MAX_ASPECT_CHARACTERS = 40


def may_be_named(aspect: str) -> bool:
    """Whether an aspect's name is short, and nothing that must not be published."""
    return len(aspect) <= _MAX_ASPECT_CHARACTERS and not problems(aspect.replace("_", " "))


def facets_of(counts: ReviewCounts, aspect_words: Callable[[str], str]) -> tuple[Facet, ...]:
    """What reviews praise and criticise most, where they are clearly of one mind.

    Args:
        counts: of the product.
        aspect_words: an aspect's name in the language of its text.
    """
    fit = [known for known in counts.aspects if known.aspect != UNNAMED and may_be_named(known.aspect)]

    def most(polarity: SentimentLabel, opposite: SentimentLabel) -> Iterator[Facet]:
        def count(counts: AspectCounts, of: str) -> int:
            return int(getattr(counts, of))

        clear = [
            counts
            for counts in fit
            if count(counts, polarity) >= max(2, 2 * count(counts, opposite))
            and 2 * count(counts, polarity) > counts.negative + counts.neutral + counts.positive
        ]
        best = sorted(clear, key=lambda counts: (-count(counts, polarity), counts.aspect))[:_MAX_ASPECTS]
        for known in best:
            label = aspect_words(known.aspect)
            yield Facet(key=known.aspect, label=label, polarity=polarity, reviews=count(known, polarity))

    return (*most("positive", "negative"), *most("negative", "positive"))
