"""A snapshot that every composer can put into words: if it cannot, the composer is broken, not the snapshot it got."""

from collections.abc import Iterator

from schemas.counts import ReviewCounts, SentimentCounts
from schemas.summaries import KeyPoint, Quote, RefreshRequested

#: A quote that is published and read in each language; English where there is none.
_QUOTES = {"en": "It works very well", "zh": "这个商品很好用"}


def canary_of(snapshot: RefreshRequested) -> RefreshRequested:
    """A harmless snapshot in the languages of another, so that the same readers and voices are asked."""
    points = tuple(_points(snapshot))
    reviews = len(points)
    return RefreshRequested(
        source=snapshot.source,
        made_at=snapshot.made_at,
        product_id="canary",
        generation=1,
        as_of=snapshot.as_of,
        reason=snapshot.reason,
        language=snapshot.language,
        counts=ReviewCounts(
            reviews=reviews,
            rating_histogram=(0, 0, 0, 0, 0, 0),
            sentiment=SentimentCounts(negative=0, neutral=0, positive=reviews),
        ),
        key_points=points,
    )


def _points(snapshot: RefreshRequested) -> Iterator[KeyPoint]:
    languages = dict.fromkeys([snapshot.language, *(point.language for point in snapshot.key_points)])
    for number, language in enumerate(languages):
        quote = _QUOTES.get((language or "en").partition("-")[0], _QUOTES["en"])
        review_id = f"canary-{number}"
        yield KeyPoint(
            claim=quote,
            language=language,
            aspect="quality",
            polarity="positive",
            count=1,
            review_ids=(review_id,),
            quotes=(Quote(review_id=review_id, text=quote),),
        )
