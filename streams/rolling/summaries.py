"""What the rolling role publishes of a product's state: the summary, and the snapshot of a refresh.

Written as dictionaries, not as contracts, which would be checked again: a test holds what comes out against those.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice

import msgspec

from schemas.events import SCHEMA_VERSION
from streams.rolling.counters import average_rating
from streams.rolling.product_state import (
    POLARITIES,
    UNRATED,
    UNREAD,
    Contribution,
    Kind,
    Point,
    ProductState,
    ReviewState,
)
from streams.rolling.shown_points import (
    MAX_TOLD_POINTS_OF_POLARITY,
    MAX_TOLD_QUOTES,
    LookUp,
    chosen_points,
    in_order,
    key_point,
    quotes_of,
    sentence_of,
)
from streams.serde import JsonObject

#: Reviews named for a point of a refresh; only they are told of.
MAX_NAMED = 100
_EPOCH = dt.date(1970, 1, 1).toordinal()

#: The ids of the reviews that make a key point, by its number, best first; see `point_makers.makers_of`.
Makers = Callable[[int], Iterable[str]]


class SummaryWriter:
    """Writes what is published of one product.

    Args:
        product: its state.
        look_up: finds its reviews.
        source: topic, partition, offset and timestamp_ms of the event it answers.
        now: the clock's time, timezone-aware.
        replay_id: of the replay it belongs to; None in the live stream.
        makers: finds the reviews of a key point; without, a text names those that are kept with the point.
    """

    def __init__(
        self,
        product: ProductState,
        look_up: LookUp,
        source: JsonObject,
        now: dt.datetime,
        replay_id: str | None = None,
        *,
        makers: Makers = lambda _: (),
    ) -> None:
        self._product = product
        self._look_up = look_up
        self._source = source
        self._now = now
        self._replay_id = replay_id
        self._makers = makers
        self._known: dict[str, ReviewState | None] = {}

    def summary(self) -> JsonObject:
        """The `ProductSummary`."""
        product = self._product
        return {
            **self._head(),
            **_words(product),
            "generation": product.refresh.generation,
            "title": product.title,
            "category": product.category,
            "brand": product.facts.brand,
            "price": product.facts.price,
            "currency": product.facts.currency,
            "tags": product.facts.tags,
            "language": main_language(product),
            "average_rating": average_rating(product.counts.rating_hundredths, product.counts.histogram),
            "counts": counts_of(product),
            "days": [_day(day, bucket) for day, bucket in sorted(product.days.items())],
            "aspect_days": _aspect_days(product),
            "withdrawals": product.era,
            "key_points": self._key_points(),
            "latest_reviews": [
                _latest(review_id, state.version, state.contribution)
                for _, review_id in product.latest
                if (state := self._current(review_id)) is not None and state.contribution is not None
            ],
        }

    def refresh(self, generation: int, reason: str) -> JsonObject:
        """The `RefreshRequested`: all that the product's next text is written from."""
        return {
            **self._head(),
            "generation": generation,
            "reason": reason,
            "language": main_language(self._product),
            "counts": counts_of(self._product),
            "key_points": self._told_points(),
        }

    def _head(self) -> JsonObject:
        return {
            "schema_version": SCHEMA_VERSION,
            "product_id": self._product.product_id,
            "as_of": _moment(self._product.changed_ms),
            "source": self._source,
            "made_at": self._now,
            "model": None,
            "replay_id": self._replay_id,
        }

    def _key_points(self) -> list[JsonObject]:
        chosen = chosen_points(self._product.points)
        return [written for kind, point in chosen if (written := self._shown_point(kind, point))]

    def _shown_point(self, kind: Kind, point: Point) -> JsonObject | None:
        named = [reference.review_id for reference in in_order(point)]
        return key_point(kind, point, quotes_of(point, self._current), named)

    def _told_points(self) -> list[JsonObject]:
        """More key points than in a summary, with more reviews and quotes, and the sentences of these."""
        chosen = chosen_points(self._product.points, MAX_TOLD_POINTS_OF_POLARITY)
        return [told for kind, point in chosen if (told := self._told_point(kind, point))]

    def _told_point(self, kind: Kind, point: Point) -> JsonObject | None:
        quotes = quotes_of(point, self._current, MAX_TOLD_QUOTES)
        kept = (reference.review_id for reference in in_order(point))
        makers = islice(dict.fromkeys(chain(kept, self._makers(point.number))), MAX_NAMED)
        return key_point(kind, point, [self._in_its_sentence(quote) for quote in quotes], list(makers))

    def _in_its_sentence(self, quote: dict[str, str]) -> JsonObject:
        state = self._current(quote["review_id"])
        made = state.contribution if state is not None else None
        return {**quote, "sentence": sentence_of(quote["text"], made) if made is not None else None}

    def _current(self, review_id: str) -> ReviewState | None:
        """A review that counts now; read once."""
        if review_id not in self._known:
            state = self._look_up(review_id)
            self._known[review_id] = state if state is not None and state.era == self._product.era else None
        return self._known[review_id]


def _day(day: int, bucket: Sequence[int]) -> JsonObject:
    reviews, stars = bucket[0], bucket[4:]
    return {
        "day": _date(day),
        "reviews": reviews,
        **_by_polarity(bucket[1:4]),
        "sentiment_from_stars": _by_polarity(stars) if stars else None,
    }


def _aspect_days(product: ProductState) -> list[JsonObject]:
    """The `AspectDays` of a product, aspects by name; none as long as some reviews are not counted so."""
    if product.revisited is not None:
        return []
    return [_days_of(aspect, days) for aspect, days in sorted(product.aspect_days.items())]


def _days_of(aspect: str, days: Mapping[int, Sequence[int]]) -> JsonObject:
    written = sorted(days)
    negative, neutral, positive = zip(*[days[day] for day in written], strict=True)
    return {
        "aspect": aspect,
        "days": list(map(_date, written)),
        "negative": negative,
        "neutral": neutral,
        "positive": positive,
    }


def _latest(review_id: str, version: int, contribution: Contribution) -> JsonObject:
    return {
        "review_id": review_id,
        "review_version": version,
        "created_at": _moment(contribution.created_ms),
        "rating": None if contribution.rating_hundredths == UNRATED else contribution.rating_hundredths / 100,
        "sentiment": None if contribution.sentiment == UNREAD else POLARITIES[contribution.sentiment],
        "language": contribution.language or None,
        "verified_purchase": contribution.is_verified,
        "title": contribution.title,
        "text": contribution.excerpt or None,
    }


def _words(product: ProductState) -> JsonObject:
    """The text and its claims; no text without claims about reviews."""
    words = product.words
    is_told = any(claim.review_ids for claim in words.claims)
    claims = words.claims if is_told else ()
    is_generated = any(claim.method == "generated" for claim in claims)
    between = "" if words.language.startswith("zh") else " "
    return {
        "claims": [msgspec.structs.asdict(claim) for claim in claims],
        "pros": words.pros if is_told else (),
        "cons": words.cons if is_told else (),
        "facets": _facets(product) if is_told else [],
        "text_generation": words.generation if is_told else 0,
        "text_review_count": words.reviews if is_told else 0,
        "text_as_of": _moment(words.as_of_ms) if is_told and words.as_of_ms else None,
        "text": between.join(claim.text for claim in claims) or None,
        "method": ("generated" if is_generated else "extractive") if claims else None,
        "model": {"name": words.model[0], "version": words.model[1]}
        if words.model and is_generated
        else None,
    }


def _facets(product: ProductState) -> list[JsonObject]:
    """The pros and cons by key, counted as of now; those of which nothing is left are no facets."""
    aspects = product.counts.aspects
    return [
        {"key": name.key, "label": name.label, "polarity": POLARITIES[name.polarity], "reviews": reviews}
        for name in product.words.facets
        if (reviews := aspects.get(name.key, (0, 0, 0))[name.polarity])
    ]


def counts_of(product: ProductState) -> JsonObject:
    """The `ReviewCounts` of a product; aspects by how often they are spoken of."""
    counts = product.counts
    aspects = sorted(counts.aspects.items(), key=lambda item: (-sum(item[1]), item[0]))
    return {
        "reviews": counts.reviews,
        "rating_histogram": counts.histogram,
        "rating_hundredths": counts.rating_hundredths,
        "sentiment": _by_polarity(counts.sentiment),
        "sentiment_from_stars": _by_polarity(counts.sentiment_from_stars),
        "aspects": [{"aspect": name, **_by_polarity(triple)} for name, triple in aspects],
        "verified_purchases": counts.verified,
        "near_duplicates": counts.near_duplicates,
        "languages": counts.languages,
    }


def main_language(product: ProductState) -> str | None:
    """The language of most of a product's reviews."""
    languages = product.counts.languages
    return max(languages, key=lambda code: (languages[code], code)) if languages else None


def _date(day: int) -> dt.date:
    return dt.date.fromordinal(_EPOCH + day)


def _moment(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _by_polarity(triple: Sequence[int]) -> dict[str, int]:
    negative, neutral, positive = (
        triple  # four times as fast as to zip it with the names, and there are many days
    )
    return {"negative": negative, "neutral": neutral, "positive": positive}
