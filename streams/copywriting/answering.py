"""Answers questions about a product from its attributes, its description and its reviews, or says that nobody knows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streams.composing.composition import Opinion
from streams.copywriting.brief import Brief
from streams.copywriting.facts import Fact
from streams.copywriting.heard import aspects_in, stands
from streams.copywriting.language import Language
from streams.copywriting.matching import stem
from streams.copywriting.own_words import cited
from streams.copywriting.reviews import opinion_sentence, opinions, rating_sentence
from streams.copywriting.saying import tokens
from streams.copywriting.sentences import Sentence, evidence_of

_MOST_FACTS = 2
_MOST_OPINIONS = 2
_LEAST_SHARE = 0.5
_YES_OR_NO = re.compile(
    r"^\W*(?:and |but |so |also )?(?:is|are|does|do|can|could|has|have|will|es|son|tiene|tienen|puede)\b"
    r"|吗|[有是能可]没[有]?|是不是|能不能|有没有|会不会",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"[^\u3400-\u9fffA-Za-z0-9]|有没有|是不是|能不能|可不可以|请问|什么|怎么|多少|[吗呢的了吧啊这那它个款有是能可以会]"
)
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Topics:
    """What a question is about.

    Attributes:
        facts: attributes, the best first.
        aspects: of reviews.
        asks_opinion: whether it asks what people say.
        asks_price, asks_brand: whether it asks for these.
    """

    facts: tuple[Fact, ...] = ()
    aspects: tuple[str, ...] = ()
    asks_opinion: bool = False
    asks_price: bool = False
    asks_brand: bool = False

    def __bool__(self) -> bool:
        return bool(self.facts or self.aspects or self.asks_price or self.asks_brand)


def answer(question: str, brief: Brief, before: Sequence[str] = ()) -> list[Sentence]:
    """What can be said to a question.

    Args:
        question: of the shopper.
        brief: the product.
        before: what he asked earlier, oldest first: a question that names nothing goes on from it.
    """
    topics = _topics(question, brief)
    if not topics and not _described(question, brief):
        earlier = next((known for text in reversed(before) if (known := _topics(text, brief))), Topics())
        topics = Topics(
            earlier.facts, earlier.aspects, topics.asks_opinion, earlier.asks_price, earlier.asks_brand
        )
        if not topics.asks_opinion and tokens(question, brief.language):
            topics = Topics()
    sentences = list(_told(question, topics, brief))
    return sentences or [_unknown(brief)]


def _told(question: str, topics: Topics, brief: Brief) -> Iterator[Sentence]:
    if topics.asks_opinion and (said := list(_opinions(topics.aspects, brief))):
        yield from said
        return
    if topics.asks_opinion and not topics.facts:
        return
    if topics.asks_price and brief.facts.price is not None:
        yield _of_field(brief, "price", brief.facts.price)
        return
    if topics.asks_brand and brief.facts.brand is not None:
        yield _of_field(brief, "made_by", brief.facts.brand)
        return
    if topics.facts:
        yield from _of_facts(question, topics.facts, brief)
        return
    if (described := _described(question, brief)) is not None:
        opening = brief.language.text("answer.from_description")
        text = brief.language.render(opening, quote=described.quote.rstrip(".。"))
        yield Sentence(
            brief.language.sentence(text), cited(described, brief.facts.attributes, brief.language)
        )
        return
    if topics.aspects:
        yield from _opinions(topics.aspects, brief)


def _topics(question: str, brief: Brief) -> Topics:
    language = brief.language
    folded = question.casefold()

    def asks(path: str) -> bool:
        return any(stands(word, folded, language) for word in language.options(path))

    facts = sorted(
        (
            (score, fact)
            for fact in brief.attributes(also_said=True)
            if (score := _score(fact, question, language)) > 0
        ),
        key=lambda scored: -scored[0],
    )
    best = tuple(fact for score, fact in facts if score >= facts[0][0] - 1e-9)[:_MOST_FACTS] if facts else ()
    return Topics(
        facts=best,
        aspects=tuple(aspects_in(question, language)),
        asks_opinion=asks("answer.opinion_words"),
        asks_price=asks("answer.price_words"),
        asks_brand=asks("answer.brand_words"),
    )


def _score(fact: Fact, question: str, language: Language) -> float:
    """How surely a question is about an attribute: its name, a word that hints at it, its value."""
    assert fact.value is not None  # noqa: S101 - of attributes
    folded = question.casefold()
    names = {fact.value.name, *language.options(f"attribute.{fact.concept}.names")}
    score = 3.0 * any(_named(name, question, language) for name in names)
    hints = language.options(f"answer.hints.{fact.concept}")
    score += 2.0 * any(stands(hint, folded, language) for hint in hints)
    score += 2.0 * any(_named(item, question, language) for item in fact.value.items)
    if not score and fact.concept in {"colour", "material"}:
        words = language.words(f"{fact.concept}s")
        score += 1.0 * any(token in words for token in tokens(question, language))
    if not score:
        score += 1.0 * _shares_noun(fact.value.name, question, language)
    return score


def _named(name: str, question: str, language: Language) -> bool:
    if language.is_unspaced or _HAN.search(name):
        return len(name) > 1 and name.replace(" ", "").casefold() in question.replace(" ", "").casefold()
    wanted = {stem(token) for token in tokens(name, language)}
    return bool(wanted) and wanted <= {stem(token) for token in tokens(question, language)}


def _shares_noun(name: str, question: str, language: Language) -> bool:
    """Whether a question names what the attribute is of: "the strap" of "strap length"."""
    if language.is_unspaced:
        return False
    words = tokens(name, language)
    return len(words) > 1 and stem(words[-1]) in {stem(token) for token in tokens(question, language)}


def _of_facts(question: str, facts: Sequence[Fact], brief: Brief) -> Iterator[Sentence]:
    language = brief.language
    clauses = brief.clauses(list(facts))
    is_closed = _YES_OR_NO.search(question) is not None
    for place, sentence in enumerate(brief.joining(alone=True).sentences(clauses)):
        text = sentence.text
        shapes = {clause.fact.value.shape for clause in clauses if clause.fact.value is not None}
        confirmed = any(
            _named(item, question, language) for fact in facts if fact.value for item in fact.value.items
        )
        if is_closed and place == 0 and len(clauses) == 1:
            if shapes == {"yes"} or (confirmed and "no" not in shapes):
                text = language.text("answer.yes") + _lowered(text)
            elif shapes == {"no"}:
                text = language.text("answer.no") + _lowered(text)
        yield Sentence(text, evidence_of(clauses) if len(clauses) == 1 else sentence.evidence)


def _lowered(text: str) -> str:
    first = text.split(maxsplit=1)[0]
    return (
        text[0].lower() + text[1:] if first.isalpha() and (len(first) == 1 or first[1:].islower()) else text
    )


def _of_field(brief: Brief, name: str, fact: Fact) -> Sentence:
    naming, language = brief.naming(), brief.language
    pattern = brief.variety.pick(name, language.options(f"text.{name}"))
    text = language.render(
        pattern,
        many=naming.many,
        subject=naming.it,
        title=naming.title,
        price=fact.quote,
        brand=fact.quote,
    )
    return Sentence(language.sentence(text), (fact.evidence,))


def _opinions(aspects: Sequence[str], brief: Brief) -> Iterator[Sentence]:
    language, subject = brief.language, brief.facts.subject
    known = opinions(subject, language)
    about = [opinion for opinion in known if opinion.aspect in aspects] if aspects else known
    if not about:
        return
    if not aspects:
        yield from rating_sentence(subject, brief.naming(), language, brief.variety)
    for turn, opinion in enumerate(_both_sides(about)):
        yield opinion_sentence(opinion, language, brief.variety, turn)


def _both_sides(known: Sequence[Opinion]) -> list[Opinion]:
    """The most said, and the most said of the other polarity."""
    first = known[0]
    other = [opinion for opinion in known if opinion.polarity != first.polarity]
    return [first, *(other[:1] or known[1:_MOST_OPINIONS])]


def _described(question: str, brief: Brief) -> Fact | None:
    """The sentence of the description that holds most of what a question names; None: none holds enough."""
    language = brief.language
    title = set(map(stem, tokens(brief.naming().plain, language)))
    if language.is_unspaced:
        wanted = {piece for piece in _pairs(question) if piece not in brief.naming().plain}
    else:
        wanted = {stem(token) for token in tokens(question, language)} - title
    if not wanted:
        return None
    scored = []
    for fact in brief.facts.sentences:
        said = (
            set(_pairs(fact.quote)) if language.is_unspaced else set(map(stem, tokens(fact.quote, language)))
        )
        scored.append((len(wanted & said) / len(wanted), fact))
    best = max(scored, key=lambda one: one[0], default=None)
    return (
        best[1] if best is not None and best[0] >= _LEAST_SHARE and brief.may_use(best[1].evidence) else None
    )


def _pairs(text: str) -> Iterator[str]:
    """Pairs of Chinese characters that are no words for asking."""
    han = _ASKING.sub(" ", text)
    for piece in han.split():
        yield from (piece[at : at + 2] for at in range(max(1, len(piece) - 1)))


def _unknown(brief: Brief) -> Sentence:
    return Sentence(brief.variety.pick("unknown", brief.language.options("answer.unknown")))
