"""Key points as they are shown: which of a product's, in what order, and in whose words."""

from collections.abc import Callable, Mapping, Sequence

from models.text.sentences import split_sentences
from streams.rolling.contributions import MAX_EXCERPT_CHARACTERS
from streams.rolling.key_points import rank
from streams.rolling.product_state import (
    NEGATIVE,
    NEUTRAL,
    POLARITIES,
    POSITIVE,
    Contribution,
    Kind,
    Point,
    Reference,
    ReviewState,
)
from streams.serde import JsonObject

MAX_KEY_POINTS_OF_POLARITY = 6
MAX_QUOTES = 3
#: What a text is written from is more: what several points say of one aspect is told together, and some quotes do
#: not say by themselves what their reviews say.
MAX_TOLD_POINTS_OF_POLARITY = 20
MAX_TOLD_QUOTES = 8

#: Finds a review of the product by its id.
LookUp = Callable[[str], ReviewState | None]


def chosen_points(
    points: Mapping[str, Sequence[Point]], most: int = MAX_KEY_POINTS_OF_POLARITY
) -> list[tuple[Kind, Point]]:
    """The points to show: of each polarity those that most reviews make; neutral ones only for want of others."""
    of_polarity: dict[int, list[tuple[Kind, Point]]] = {NEGATIVE: [], NEUTRAL: [], POSITIVE: []}
    for name, of_kind in points.items():
        kind = Kind.of(name)
        of_polarity[kind.polarity] += [(kind, point) for point in of_kind]
    best = {
        polarity: sorted(known, key=_prominence_of_pair, reverse=True)[:most]
        for polarity, known in of_polarity.items()
    }
    chosen = best[NEGATIVE] + best[POSITIVE] or best[NEUTRAL]
    return sorted(chosen, key=_prominence_of_pair, reverse=True)


def _prominence_of_pair(pair: tuple[Kind, Point]) -> tuple[int, int, int]:
    return prominence(pair[1])


def prominence(point: Point) -> tuple[int, int, int]:
    """By the number of reviews, then how sure the model is, then the newest."""
    references = point.references
    strength = max([known.strength for known in references], default=0)
    return point.count, strength, max([known.created_ms for known in references], default=0)


def key_point(
    kind: Kind, point: Point, quotes: Sequence[Mapping[str, object]], named: Sequence[str]
) -> JsonObject | None:
    """The `KeyPoint`; None where no review of it can be quoted."""
    if not quotes:
        return None
    return {
        "claim": quotes[0]["text"],
        "language": kind.language,
        "aspect": kind.aspect,
        "polarity": POLARITIES[kind.polarity],
        "count": max(point.count, len(named)),
        "review_ids": named,
        "quotes": quotes,
    }


def sentence_of(quote: str, contribution: Contribution) -> str | None:
    """The sentence of a review that holds a quote; None where that is no more, or is not kept whole."""
    for text in (contribution.excerpt, contribution.title or ""):
        start = text.find(quote)
        if start < 0:
            continue
        end = start + len(quote)
        around = [span for span in split_sentences(text) if span[0] < end and start < span[1]]
        sentence = text[around[0][0] : around[-1][1]] if around else quote
        is_cut = len(text) == MAX_EXCERPT_CHARACTERS and text.endswith("…") and sentence.endswith("…")
        return None if is_cut or sentence == quote else sentence
    return None


def quotes_of(point: Point, look_up: LookUp, most: int = MAX_QUOTES) -> list[dict[str, str]]:
    """How some of a point's reviews put it, word for word: verified ones first, then the newest."""
    quotes = []
    for reference in in_order(point)[:most]:
        state = look_up(reference.review_id)
        mentions = state.contribution.mentions if state is not None and state.contribution is not None else ()
        words = next((mention.quote for mention in mentions if mention.point == point.number), None)
        if words is not None:
            quotes.append({"review_id": reference.review_id, "text": words})
    return quotes


def in_order(point: Point) -> list[Reference]:
    """The reviews that are kept with a point: verified ones first, then the newest."""
    return sorted(point.references, key=rank, reverse=True)
