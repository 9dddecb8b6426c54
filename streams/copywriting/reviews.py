"""What reviews say, as sentences of copy: who praises or criticises what, in their own words."""

from collections.abc import Iterator

from schemas.fields import SentimentLabel
from schemas.grounding import Evidence
from streams.composing import chinese, english
from streams.composing.composition import Opinion
from streams.composing.opinions import UNNAMED
from streams.composing.variety import Variety
from streams.copywriting.checks import faults
from streams.copywriting.clauses import Naming
from streams.copywriting.language import Language
from streams.copywriting.sentences import Sentence
from streams.copywriting.subject import Subject

_ASPECT_WORDS = {"en": english.ASPECT_WORDS, "zh": chinese.ASPECT_WORDS}


def aspect_name(aspect: str, language: Language) -> str:
    """An aspect as the object of a sentence: "the delivery"; empty where it has no name.

    >>> from streams.copywriting.language import language
    >>> aspect_name("size_and_fit", language("en")), aspect_name("delivery", language("zh"))
    ('the size and fit', '物流')
    """
    special = language.options(f"reviews.objects.{aspect}")
    if special or aspect == UNNAMED:
        return special[0] if special else ""
    word = _ASPECT_WORDS.get(language.code, {}).get(aspect)
    return "" if word is None else language.render(language.text("reviews.aspect"), aspect=word)


def opinions(subject: Subject, language: Language, polarity: SentimentLabel | None = None) -> list[Opinion]:
    """What may be quoted in a text, most said first."""
    return [
        opinion
        for opinion in subject.opinions(language.code)
        if polarity in {None, opinion.polarity} and not faults(opinion.quoted[0].quote, language.code)
    ]


def opinion_sentence(opinion: Opinion, language: Language, variety: Variety, turn: int = 0) -> Sentence:
    """One opinion with a quote, and how many reviews hold it."""
    quoted = opinion.quoted[0]
    many = opinion.total > 1
    aspect = aspect_name(opinion.aspect, language)
    patterns = language.options(f"reviews.{opinion.polarity if aspect else 'unnamed'}")
    who = language.render(
        language.text("reviews.who_many" if many else "reviews.who_one"), count=f"{opinion.total:,}"
    )
    text = language.render(
        variety.pick("opinion", patterns, turn), many_too=many, who=who, aspect=aspect, quote=quoted.quote
    )
    cited = [Evidence(kind="review", reference=quoted.review_id, quote=quoted.quote)]
    cited += [
        Evidence(kind="review", reference=review_id, quote=quoted.point.claim)
        for review_id in opinion.review_ids
        if review_id != quoted.review_id
    ]
    return Sentence(language.sentence(text), tuple(cited[:100]))


def rating_sentence(
    subject: Subject, naming: Naming, language: Language, variety: Variety, *, is_named: bool = False
) -> Iterator[Sentence]:
    """What reviews rate it on average; nothing where none does."""
    summary = subject.summary
    if summary is None or summary.average_rating is None:
        return
    stars, count = f"{summary.average_rating:.1f}", sum(summary.counts.rating_histogram)
    if count < 2:
        return
    pattern = variety.pick(
        "rating", language.options("reviews.rating_named" if is_named else "reviews.rating")
    )
    text = language.render(
        pattern, many=naming.many, title=naming.title, it=naming.it, stars=stars, count=f"{count:,}"
    )
    cited = Evidence(
        kind="attribute",
        reference="average_rating",
        quote=f"{stars} ({count:,})",
        product_id=subject.product_id,
    )
    yield Sentence(language.sentence(text), (cited,))
