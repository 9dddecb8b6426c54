"""Writes a product's summary from a snapshot: counts and quotes, and sentences of a model that were checked.

Nothing is in it that the snapshot lacks. What there is to tell comes first (`outline`); whoever has a model gets its
sentences from `phrasing`; then it is written (`write`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from types import MappingProxyType
from typing import Literal

from schemas.summaries import KeyPoint, RefreshRequested, SummaryClaim
from streams.composing import chinese, english
from streams.composing.choices import MAX_SENTENCES, MAX_SHORT_SENTENCES, choices
from streams.composing.composition import (
    UNSPACED,
    Composition,
    Mix,
    Opinion,
    Quoted,
    Speakers,
    joined,
    primary,
)
from streams.composing.facets import facets_of, may_be_named
from streams.composing.opinions import MAX_QUOTES, UNNAMED, IsFit, opinions_of
from streams.composing.phrase_faults import supporters
from streams.composing.publishable import is_written_for_effect, problems
from streams.composing.variety import Variety

#: Names the templates in what is published.
TEMPLATES_VERSION = "templates-3"
MAX_WORDS = 120
MAX_CHARACTERS = 220
_UNDETERMINED = "und"
#: How what nobody phrased is told: with a number and up to two quotes, with one, in the fewest words, as a quote alone.
Form = Literal["full", "single", "brief", "quoted"]
_FORMS: tuple[Form, ...] = ("full", "single", "brief")
_SHORT_FORMS: tuple[Form, ...] = ("quoted",)
_TEMPLATES = {"en": english, "zh": chinese}
_UNSPACED_CHARACTER = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_QUOTATION_MARKS = {"ja": ("「", "」"), "de": ("„", "“"), "fr": ("«", "»")}


#: Sentences of a model, by what they tell: one point each, see `Opinion.only`.
Sentences = Mapping[Opinion, str]
NO_SENTENCES: Sentences = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Outline:
    """What there is to tell.

    Attributes:
        snapshot: where it comes from, without aspects that must not be named and quotes of hostile reviews.
        language: of the text: that of most reviews.
        opinions: all that can be told, most made points first.
        speakers: whose words they are.
    """

    snapshot: RefreshRequested
    language: str
    opinions: tuple[Opinion, ...]
    speakers: Speakers = "reviewers"

    @property
    def chosen(self) -> list[Opinion]:
        """What is told if there is room."""
        return next(choices(self.opinions, Mix.of(self.snapshot)))

    def told(self, sentences: Sentences, *, is_short: bool) -> list[Opinion]:
        """What can be told, each in a sentence: points that are phrased, and what is said of an aspect else.

        In a short text every point is told by itself. The first of each aspect come before the second.
        """
        rows = []
        for opinion in self.opinions:
            points = [opinion.only(quoted) for quoted in opinion.quoted]
            phrased = [opinion for opinion in points if opinion in sentences]
            if is_short:
                rows.append(phrased + [opinion for opinion in points if opinion not in sentences])
            else:
                rows.append(phrased or [opinion])
        return [opinion for row in zip_longest(*rows) for opinion in row if opinion is not None]


def outline(
    snapshot: RefreshRequested,
    is_fit: IsFit = lambda _point, _quote: True,
    speakers: Speakers = "reviewers",
) -> Outline:
    """What a snapshot holds that can be told; see `opinions_of` for `is_fit`."""
    snapshot = snapshot.model_copy(update={"key_points": tuple(_fit_points(snapshot))})
    language = _language(snapshot)
    opinions = opinions_of(snapshot, language, is_fit)
    if primary(language) not in _TEMPLATES:
        opinions = [opinion for opinion in opinions if opinion.quoted[0].foreign is None]
    if speakers == "commenters":  # a topic is what several speak of
        opinions = [opinion for opinion in opinions if opinion.total > 1] or opinions
    return Outline(snapshot, language, tuple(opinions), speakers)


def _fit_points(snapshot: RefreshRequested) -> Iterator[KeyPoint]:
    """Key points on aspects that may be named, without the words of reviews that want something of who reads them."""
    refused = {
        quote.review_id
        for point in snapshot.key_points
        for quote in point.quotes
        if is_written_for_effect(quote.text)
    }
    for point in snapshot.key_points:
        quotes = tuple(quote for quote in point.quotes if quote.review_id not in refused)
        if quotes and may_be_named(point.aspect):
            named = tuple(known for known in point.review_ids if known not in refused)
            count = point.count - (len(point.review_ids) - len(named))
            yield point.model_copy(update={"quotes": quotes, "review_ids": named, "count": count})


def compose(snapshot: RefreshRequested) -> Composition:
    """A summary by counting and quoting alone. The same snapshot always gives the same one.

    English and Chinese have sentences of their own; in other languages it is quotes alone.
    """
    return write(outline(snapshot))


def write(
    planned: Outline,
    sentences: Sentences = NO_SENTENCES,
    *,
    model: tuple[str, str] | None = None,
    most_words: int | None = None,
) -> Composition:
    """Put into words what there is to tell.

    Args:
        planned: what there is.
        sentences: of a model, checked; what has none is counted and quoted.
        model: the name and the version of who wrote the sentences.
        most_words: of the text, in characters where there are no spaces, which then has no sentence on all reviews;
            None: what is read at a glance.
    """
    language = planned.language
    templates = _TEMPLATES.get(primary(language))
    facets = facets_of(planned.snapshot.counts, templates.aspect_words) if templates is not None else ()
    pros, cons = (
        tuple(facet.label for facet in facets if facet.polarity == polarity)
        for polarity in ("positive", "negative")
    )

    def length(opinion: Opinion) -> int:
        return len(sentences.get(opinion) or opinion.quoted[0].quote)

    is_short = most_words is not None
    most = MAX_SHORT_SENTENCES if is_short else MAX_SENTENCES
    told = planned.told(sentences, is_short=is_short)
    for chosen in choices(told, Mix.of(planned.snapshot), length, most=most):
        for form in _SHORT_FORMS if is_short else _FORMS:
            claims = _claims(planned, chosen, sentences, form)
            if fits(joined(claims, language), language, most_words):
                claims = _filled(planned, chosen, sentences, form, most_words)
                published = tuple(_published(claims, language))
                is_generated = any(claim.method == "generated" for claim in published)
                by = model if is_generated else None
                return Composition(language, published, pros, cons, facets, by)
    return Composition(language, (), pros, cons, facets)


def fits(text: str, language: str, most_words: int | None = None) -> bool:
    """Whether a text is short enough to be read at a glance, or as short as is asked for."""
    if primary(language) in UNSPACED:
        return len(text) <= min(most_words or MAX_CHARACTERS, MAX_CHARACTERS)
    words = min(most_words or MAX_WORDS, MAX_WORDS)
    return len(text.split()) <= words and len(_UNSPACED_CHARACTER.findall(text)) <= MAX_CHARACTERS


def _language(snapshot: RefreshRequested) -> str:
    """That of most reviews; where it cannot be told, that of most key points."""
    if snapshot.language is not None and snapshot.language != _UNDETERMINED:
        return snapshot.language
    known: dict[str, int] = {}
    for point in snapshot.key_points:
        if point.language is not None and point.language != _UNDETERMINED:
            known[point.language] = known.get(point.language, 0) + point.count
    return max(known, key=lambda code: (known[code], code)) if known else _UNDETERMINED


def _filled(
    planned: Outline, chosen: Sequence[Opinion], sentences: Sentences, form: Form, most_words: int | None
) -> list[SummaryClaim]:
    """The claims, with whole sentences instead of clauses where there is room for them."""
    told = [*chosen]
    for place, opinion in enumerate(chosen):
        for number, quoted in enumerate(opinion.quoted[:MAX_QUOTES]):
            if quoted.sentence is None or opinion in sentences:
                continue
            whole = _with_quote(told[place], number, quoted.in_its_sentence)
            claims = _claims(planned, [*told[:place], whole, *told[place + 1 :]], sentences, form)
            if fits(joined(claims, planned.language), planned.language, most_words):
                told[place] = whole
    return _claims(planned, told, sentences, form)


def _with_quote(opinion: Opinion, number: int, quoted: Quoted) -> Opinion:
    return replace(opinion, quoted=(*opinion.quoted[:number], quoted, *opinion.quoted[number + 1 :]))


def _claims(
    planned: Outline, opinions: Sequence[Opinion], sentences: Sentences, form: Form
) -> list[SummaryClaim]:
    snapshot, language, speakers = planned.snapshot, planned.language, planned.speakers
    templates = _TEMPLATES.get(primary(language))
    if templates is None:
        return [_quotation(opinion, language) for opinion in opinions]
    mix = Mix.of(snapshot)
    variety = Variety(snapshot.product_id)
    claims = []
    if mix.reviews and form != "quoted":
        text = templates.overall(mix, variety, is_told=bool(opinions), speakers=speakers)
        claims.append(SummaryClaim(text=text, method="template", count=mix.reviews))
    for place, opinion in enumerate(opinions):
        if (sentence := sentences.get(opinion)) is not None:
            says = supporters(sentence, opinion.quoted[0].point.quotes, primary(language))
            saying = replace(opinion, review_ids=says, are_all=True)
            if form != "quoted":
                sentence = templates.attributed(sentence, saying, speakers=speakers)
            claims.append(_claim(sentence, saying, method="generated"))
        elif form == "quoted":
            claims.append(_quotation(opinion, language))
        elif form == "brief":
            claims.append(_claim(templates.told_briefly(opinion, speakers=speakers), opinion))
        else:
            turns = place > 0 and opinions[place - 1].polarity != opinion.polarity
            turn = place if opinion.aspect == UNNAMED else variety.number(opinion.aspect)
            told = opinion.shortened(MAX_QUOTES if form == "full" else 1)
            text = templates.told(told, variety, turn, turns=turns, speakers=speakers)
            claims.append(_claim(text, told))
    return claims


def _quotation(opinion: Opinion, language: str) -> SummaryClaim:
    opening, closing = _QUOTATION_MARKS.get(primary(language), ("“", "”"))
    quoted = opinion.quoted[0]
    return _claim(f"{opening}{quoted.quote}{closing}", opinion.only(quoted))


def _claim(
    text: str, opinion: Opinion, *, method: Literal["template", "generated"] = "template"
) -> SummaryClaim:
    return SummaryClaim(
        text=text,
        method=method,
        count=opinion.total,
        review_ids=opinion.review_ids,
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
