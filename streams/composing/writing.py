"""Writes a product's summary from a snapshot, by counting and quoting: nothing is in it that the snapshot lacks."""

import re
from collections.abc import Sequence

from schemas.products import AspectCounts, RefreshRequested, SummaryClaim
from streams.composing import chinese, english
from streams.composing.choosing import choices
from streams.composing.opinions import UNNAMED, opinions_of
from streams.composing.publishable import problems
from streams.composing.values import UNSPACED, Composition, Mix, Opinion, joined, primary
from streams.composing.variety import Variety

#: Names the templates in what is published.
TEMPLATES_VERSION = "templates-1"
MAX_WORDS = 120
MAX_CHARACTERS = 220
_MAX_ASPECTS = 5
_MAX_ASPECT_CHARACTERS = 40
_UNDETERMINED = "und"
_TEMPLATES = {"en": english, "zh": chinese}
_UNSPACED_CHARACTER = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_QUOTATION_MARKS = {"ja": ("「", "」"), "de": ("„", "“"), "fr": ("«", "»")}


def compose(snapshot: RefreshRequested) -> Composition:
    """A summary in the language of most reviews. The same snapshot always gives the same one.

    English and Chinese have sentences of their own; in other languages it is quotes alone.
    """
    snapshot = snapshot.model_copy(
        update={"key_points": tuple(p for p in snapshot.key_points if _is_fit(p.aspect))}
    )
    language = _language(snapshot)
    opinions = opinions_of(snapshot, language)
    if primary(language) not in _TEMPLATES:
        opinions = [one for one in opinions if one.quoted[0].foreign is None]
    for chosen in choices(opinions, Mix.of(snapshot)):
        for version in (chosen, [one.shortened() for one in chosen]):
            claims = _claims(snapshot, language, version)
            if fits(joined(claims, language), language):
                published = tuple(_published(claims, language))
                return Composition(language, published, *_pros_and_cons(snapshot, language))
    return Composition(language, (), *_pros_and_cons(snapshot, language))


def fits(text: str, language: str) -> bool:
    """Whether a text is short enough to be read at a glance."""
    if primary(language) in UNSPACED:
        return len(text) <= MAX_CHARACTERS
    return len(text.split()) <= MAX_WORDS and len(_UNSPACED_CHARACTER.findall(text)) <= MAX_CHARACTERS


def _language(snapshot: RefreshRequested) -> str:
    """That of most reviews; where it cannot be told, that of most key points."""
    if snapshot.language is not None and snapshot.language != _UNDETERMINED:
        return snapshot.language
    known: dict[str, int] = {}
    for point in snapshot.key_points:
        if point.language is not None and point.language != _UNDETERMINED:
            known[point.language] = known.get(point.language, 0) + point.count
    return max(known, key=lambda code: (known[code], code)) if known else _UNDETERMINED


def _is_fit(aspect: str) -> bool:
    return len(aspect) <= _MAX_ASPECT_CHARACTERS and not problems(aspect.replace("_", " "))


def _claims(snapshot: RefreshRequested, language: str, opinions: Sequence[Opinion]) -> list[SummaryClaim]:
    templates = _TEMPLATES.get(primary(language))
    if templates is None:
        opening, closing = _QUOTATION_MARKS.get(primary(language), ("“", "”"))
        return [_claim(f"{opening}{one.quoted[0].quote}{closing}", one.shortened()) for one in opinions]
    mix = Mix.of(snapshot)
    variety = Variety(snapshot.product_id, snapshot.generation)
    claims = []
    if mix.reviews:
        text = templates.overall(mix, variety, is_told=bool(opinions))
        claims.append(SummaryClaim(text=text, method="template", count=mix.reviews))
    for place, one in enumerate(opinions):
        turns = place > 0 and opinions[place - 1].polarity != one.polarity
        claims.append(_claim(templates.told(one, variety, place, turns=turns), one))
    return claims


def _claim(text: str, opinion: Opinion) -> SummaryClaim:
    return SummaryClaim(
        text=text,
        method="template",
        count=opinion.total,
        review_ids=opinion.review_ids[: opinion.total],
        aspect=opinion.aspect,
        polarity=opinion.polarity,
    )


def _published(claims: list[SummaryClaim], language: str) -> list[SummaryClaim]:
    """Those that may be published, each alone, for others may be taken away later, and together."""
    claims = [claim for claim in claims if not problems(claim.text, language)]
    if not problems(joined(claims, language), language):
        return claims
    kept: list[SummaryClaim] = []
    for claim in claims:
        if not problems(joined([*kept, claim], language), language):
            kept.append(claim)
    return kept


def _pros_and_cons(snapshot: RefreshRequested, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What reviews praise and criticise most, where they are clearly of one mind."""
    templates = _TEMPLATES.get(primary(language))
    if templates is None:
        return (), ()
    fit = [one for one in snapshot.counts.aspects if one.aspect != UNNAMED and _is_fit(one.aspect)]

    def most(polarity: str, opposite: str) -> tuple[str, ...]:
        def count(one: AspectCounts, of: str) -> int:
            return int(getattr(one, of))

        clear = [
            one
            for one in fit
            if count(one, polarity) >= max(2, 2 * count(one, opposite))
            and 2 * count(one, polarity) > one.negative + one.neutral + one.positive
        ]
        best = sorted(clear, key=lambda one: (-count(one, polarity), one.aspect))[:_MAX_ASPECTS]
        return tuple(templates.aspect_words(one.aspect) for one in best)

    return most("positive", "negative"), most("negative", "positive")
