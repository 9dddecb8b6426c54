"""From key points to what there is to tell: points of one aspect and polarity together, each with a fit quote."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from schemas.fields import SentimentLabel
from schemas.summaries import KeyPoint, RefreshRequested
from streams.composing.composition import Opinion, Quoted, primary
from streams.composing.publishable import clean_quote
from streams.composing.quote_worth import Worth

#: Points of this aspect have nothing in common but that no other name fits.
UNNAMED = "other"
#: Of points that are told together.
MAX_QUOTES = 2
_MAX_POINTS = 4
_COMFORTABLE_WORDS = 16
_COMFORTABLE_CHARACTERS = 100
_WITHOUT_SUBJECT = re.compile(r"(?:is|are|was|were|has|have|had|does|did|can|will|would)\b", re.IGNORECASE)


#: Whether a quote, cleaned, says what its key point says.
IsFit = Callable[[KeyPoint, str], bool]


def opinions_of(
    snapshot: RefreshRequested, language: str, is_fit: IsFit = lambda _point, _quote: True
) -> list[Opinion]:
    """All that can be told, most made points first. What was told as one aspect is not told as another one again.

    A point without a quote that is fit to be published is left out.

    Args:
        snapshot: the key points and counters.
        language: of the text; quotes in it come first.
        is_fit: decides which quotes may stand for their points; all where nobody can tell.
    """
    of_kind: dict[tuple[str, SentimentLabel, int], list[KeyPoint]] = defaultdict(list)
    for number, point in enumerate(snapshot.key_points):
        of_kind[point.aspect, point.polarity, number if point.aspect == UNNAMED else -1].append(point)
    totals = {aspect.aspect: aspect for aspect in snapshot.counts.aspects}

    worth = Worth(quote.text for point in snapshot.key_points for quote in point.quotes)

    def prominence(kind: tuple[str, SentimentLabel, int]) -> tuple[int, float]:
        best = max(worth.of(quote.text) for point in of_kind[kind] for quote in point.quotes)
        return -max(point.count for point in of_kind[kind]), -best

    quoting = _Quoting(language, worth, is_fit)
    opinions = []
    for kind in sorted(of_kind, key=prominence):
        aspect, polarity, _ = kind
        points = sorted(
            of_kind[kind], key=lambda point: (-point.count, -max(worth.of(q.text) for q in point.quotes))
        )
        counted = getattr(totals[aspect], polarity) if aspect in totals and aspect != UNNAMED else 0
        points, total = _counted(points, counted)
        if quoted := quoting.choose(points):
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


@dataclass(slots=True)
class _Quoting:
    """Chooses quotes for points, none twice.

    Attributes:
        language: of the text.
        worth: how well a quote tells its point.
        is_fit: whether it says what its point says.
        told: quotes that were told, or are of a point that was.
    """

    language: str
    worth: Worth
    is_fit: IsFit
    told: set[str] = field(default_factory=set)

    def choose(self, points: Sequence[KeyPoint]) -> tuple[Quoted, ...]:
        """The first points with a fit quote each; those in the text's language come first, and then alone."""
        here = primary(self.language)
        own = [point for point in points if point.language is None or primary(point.language) == here]
        foreign = [point for point in points if point not in own]
        chosen: list[Quoted] = []
        speakers: set[str] = set()
        for point in own + foreign:
            if chosen and (len(chosen) == _MAX_POINTS or point in foreign):
                break
            quoted = self._best(point, point.language if point in foreign else None, speakers)
            if quoted is not None:
                chosen.append(quoted)
                # What others of the point say is told with it.
                cleaned = (clean_quote(quote.text) for quote in point.quotes)
                self.told.update(quote.casefold() for quote in cleaned if quote)
                speakers.add(quoted.review_id)
        return tuple(chosen)

    def _best(self, point: KeyPoint, foreign: str | None, speakers: Collection[str]) -> Quoted | None:
        """The comfortable quote of a point that tells it best, else the best that is fit."""
        fit = [
            Quoted(point, cleaned, quote.review_id, foreign)
            for quote in point.quotes
            if quote.review_id not in speakers
            and (cleaned := clean_quote(quote.text, point.language)) is not None
            and cleaned.casefold() not in self.told
            and self.is_fit(point, cleaned)
        ]
        if not fit:
            return None
        best = max(fit, key=lambda quoted: (_is_comfortable(quoted.quote), self.worth.of(quoted.quote)))
        return best._replace(
            others=tuple(quoted.quote for quoted in fit if quoted.review_id != best.review_id)
        )


def _is_comfortable(quote: str) -> bool:
    """Whether it is short, and says of itself what it is about."""
    return (
        len(quote.split()) <= _COMFORTABLE_WORDS
        and len(quote) <= _COMFORTABLE_CHARACTERS
        and not _WITHOUT_SUBJECT.match(quote)
    )
