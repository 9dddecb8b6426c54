"""From key points to what there is to tell: points of one aspect and polarity together, each with a fit quote."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from schemas.fields import SentimentLabel
from schemas.summaries import KeyPoint, Quote, RefreshRequested
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
# Clauses that begin so are no sentence, and read badly by themselves.
_FRAGMENT = re.compile(
    r"(?:is|are|was|were|has|have|had|does|did|can|will|would|by|while|when|which|who|whose|that|of|with|from|as|than"
    r"|to|into|because|since|until|after|before|if)\b",
    re.IGNORECASE,
)


#: Whether a quote, read again, says what its key point says.
IsFit = Callable[[KeyPoint, Quote], bool]


def opinions_of(
    snapshot: RefreshRequested, language: str, is_fit: IsFit = lambda _point, _quote: True
) -> list[Opinion]:
    """All that can be told, most made points first. What was told as one aspect is not told as another one again.

    A point without a quote that is fit to be published is left out. Only reviews that the snapshot names are counted,
    and of these none whose quote was read again and says something else.

    Args:
        snapshot: the key points.
        language: of the text; quotes in it come first.
        is_fit: decides which quotes may stand for their points; all where nobody can tell.
    """
    of_kind: dict[tuple[str, SentimentLabel, int], list[KeyPoint]] = defaultdict(list)
    agreeing = [point for known in snapshot.key_points if (point := _agreeing(known, is_fit))]
    for number, point in enumerate(agreeing):
        of_kind[point.aspect, point.polarity, number if point.aspect == UNNAMED else -1].append(point)

    worth = Worth(quote.text for point in agreeing for quote in point.quotes)

    def prominence(point: KeyPoint) -> tuple[int, float]:
        return -point.count, -max(worth.of(quote.text) for quote in point.quotes)

    quoting = _Quoting(language, worth, is_fit)
    opinions = []

    def reviews(points: list[KeyPoint]) -> int:
        return len({review_id for point in points for review_id in point.review_ids})

    for points in sorted(
        of_kind.values(), key=lambda points: (-reviews(points), min(map(prominence, points)))
    ):
        points.sort(key=prominence)
        if quoted := quoting.choose(points):
            opinions.append(Opinion.of(points, quoted))
    return opinions


def _agreeing(point: KeyPoint, is_fit: IsFit) -> KeyPoint | None:
    """A point without the reviews whose quotes say something else; None where all do."""
    refuted = {quote.review_id for quote in point.quotes if not is_fit(point, quote)}
    if not refuted:
        return point
    quotes = tuple(quote for quote in point.quotes if quote.review_id not in refuted)
    named = tuple(known for known in point.review_ids if known not in refuted)
    if not quotes:
        return None
    count = point.count - len(refuted)
    return point.model_copy(update={"quotes": quotes, "review_ids": named, "count": count})


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
            Quoted(point, cleaned, quote.review_id, foreign, sentence=self._sentence(point, quote))
            for quote in point.quotes
            if quote.review_id not in speakers
            and (cleaned := clean_quote(quote.text, point.language)) is not None
            and cleaned.casefold() not in self.told
        ]
        if not fit:
            return None
        best = max(fit, key=lambda quoted: (_is_comfortable(quoted.quote), self.worth.of(quoted.quote)))
        return best._replace(
            others=tuple(quoted.quote for quoted in fit if quoted.review_id != best.review_id)
        )

    def _sentence(self, point: KeyPoint, quote: Quote) -> str | None:
        """All of the sentence around a quote, where it says the same and reads as well, or better than a fragment."""
        if quote.sentence is None:
            return None
        whole = quote.model_copy(update={"text": quote.sentence, "sentence": None})
        cleaned = clean_quote(quote.sentence, point.language)
        if cleaned is None or not (_is_comfortable(cleaned) or _FRAGMENT.match(quote.text)):
            return None
        return cleaned if self.is_fit(point, whole) else None


def _is_comfortable(quote: str) -> bool:
    """Whether it is short, and says of itself what it is about."""
    return (
        len(quote.split()) <= _COMFORTABLE_WORDS
        and len(quote) <= _COMFORTABLE_CHARACTERS
        and not _FRAGMENT.match(quote)
    )
