"""From key points to what there is to tell: points of one aspect and polarity together, each with a fit quote."""

from collections import defaultdict
from collections.abc import Sequence

from schemas.fields import SentimentLabel
from schemas.products import KeyPoint, RefreshRequested
from streams.composing.publishable import clean_quote
from streams.composing.telling import Worth
from streams.composing.values import Opinion, Quoted, primary

#: Points of this aspect have nothing in common but that no other name fits.
UNNAMED = "other"
#: Of points that are told together.
MAX_QUOTES = 2
_MAX_POINTS = 4
_COMFORTABLE_WORDS = 16
_COMFORTABLE_CHARACTERS = 100


def opinions_of(snapshot: RefreshRequested, language: str) -> list[Opinion]:
    """All that can be told, most made points first. What was told as one aspect is not told as another one again.

    A point without a quote that is fit to be published is left out.

    Args:
        snapshot: the key points and counters.
        language: of the text; quotes in it come first.
    """
    of_kind: dict[tuple[str, SentimentLabel, int], list[KeyPoint]] = defaultdict(list)
    for place, point in enumerate(snapshot.key_points):
        of_kind[point.aspect, point.polarity, place if point.aspect == UNNAMED else -1].append(point)
    totals = {one.aspect: one for one in snapshot.counts.aspects}

    worth = Worth(quote.text for point in snapshot.key_points for quote in point.quotes)

    def prominence(kind: tuple[str, SentimentLabel, int]) -> tuple[int, float]:
        best = max(worth.of(quote.text) for point in of_kind[kind] for quote in point.quotes)
        return -max(point.count for point in of_kind[kind]), -best

    told: set[str] = set()
    opinions = []
    for kind in sorted(of_kind, key=prominence):
        aspect, polarity, _ = kind
        points = sorted(
            of_kind[kind], key=lambda point: (-point.count, -max(worth.of(q.text) for q in point.quotes))
        )
        counted = getattr(totals[aspect], polarity) if aspect in totals and aspect != UNNAMED else 0
        points, total = _counted(points, counted)
        if quoted := _quoted(points, language, told, worth):
            if total is None:
                quoted, total = quoted[:1], quoted[0].point.count
            opinions.append(Opinion(aspect, polarity, total, quoted))
    return opinions


def _counted(points: list[KeyPoint], counted: int) -> tuple[list[KeyPoint], int | None]:
    """The points, and how many reviews make them together: by the counter where it holds them all; None: unknown."""
    named = {review_id for point in points for review_id in point.review_ids}
    if counted >= max(len(named), points[0].count):
        return points, counted
    if all(point.count == len(set(point.review_ids)) for point in points):
        return points, len(named)
    return points, None


def _quoted(points: Sequence[KeyPoint], language: str, told: set[str], worth: Worth) -> tuple[Quoted, ...]:
    """The first points with a fit quote each; those in the text's language come first, and then alone."""
    here = primary(language)
    own = [point for point in points if point.language is None or primary(point.language) == here]
    foreign = [point for point in points if point not in own]
    found: list[Quoted] = []
    speakers: set[str] = set()
    for point in own + foreign:
        if found and (len(found) == _MAX_POINTS or point in foreign):
            break
        foreign_language = point.language if point in foreign else None
        if (one := _fit_quote(point, foreign_language, told, speakers, worth)) is not None:
            found.append(one)
            # What others of the point say is told with it.
            told.update(cleaned.casefold() for quote in point.quotes if (cleaned := clean_quote(quote.text)))
            speakers.add(one.review_id)
    return tuple(found)


def _fit_quote(
    point: KeyPoint, foreign: str | None, told: set[str], speakers: set[str], worth: Worth
) -> Quoted | None:
    """The comfortable quote of a point that tells it best, else the best that is fit."""
    fit = [
        Quoted(point, cleaned, quote.review_id, foreign)
        for quote in point.quotes
        if quote.review_id not in speakers
        and (cleaned := clean_quote(quote.text, point.language)) is not None
        and cleaned.casefold() not in told
    ]
    return max(fit, key=lambda one: (_is_comfortable(one.quote), worth.of(one.quote)), default=None)


def _is_comfortable(quote: str) -> bool:
    return len(quote.split()) <= _COMFORTABLE_WORDS and len(quote) <= _COMFORTABLE_CHARACTERS
