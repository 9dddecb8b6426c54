"""Advertisements: one or two facts in the characters that a channel has."""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from schemas.grounding import Evidence
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.clauses import Clause
from streams.copywriting.kind import Kind
from streams.copywriting.sentences import Sentence, evidence_of, joined

#: What an advertisement must not tell: what is not there, and what it is to be handled like.
_UNTOLD = frozenset(
    {"returns", "shipping", "minimum_order", "care", "shelf_life", "storage_way", "availability"}
)
_MOST_FACTS = 8


def compose(brief: Brief) -> Draft | None:
    """The fullest advertisement that fits: fact, price and call; then fewer of them."""
    if brief.request.channel == "email":
        return _subject_line(brief)
    calls = [Sentence(brief.variety.pick("call", brief.language.options("ad.call")))]
    for fact in _facts(brief):
        for more in ([*_price(brief), *calls], calls, list(_price(brief)), []):
            sentences = (fact, *more)
            if brief.limits.hold(joined(sentences, brief.language), brief.language):
                return Draft(sentences)
    return plain(brief)


def plain(brief: Brief) -> Draft | None:
    """The product's name alone, with an invitation to look."""
    naming, language, title = brief.naming(), brief.language, brief.facts.title
    if title is None:
        return None
    for path, name in (("ad.plain", naming.title), ("ad.plain", naming.plain), ("", naming.plain)):
        pattern = brief.variety.pick("plain", language.options(path)) if path else "{title}"
        text = language.sentence(language.render(pattern, title=name))
        if brief.limits.hold(text, language):
            return Draft((Sentence(text, (title.evidence,)),))
    return None


def _clauses(brief: Brief) -> list[Clause]:
    """Clauses of what speaks for a product, beginning with another one for every variant."""
    facts = [
        fact
        for fact in brief.attributes()
        if fact.concept not in _UNTOLD and fact.value is not None and fact.value.shape != "no"
    ][:_MOST_FACTS]
    turn = brief.number % len(facts) if facts else 0
    return brief.clauses([*facts[turn:], *facts[:turn]])


def _facts(brief: Brief) -> Iterator[Sentence]:
    """The name with two facts, then with one: in the order of the facts."""
    clauses = _clauses(brief)
    for number in (2, 1):
        for place in range(len(clauses)):
            group = clauses[place : place + number]
            lead, rest = brief.joining().lead(group, "plain")
            if len(group) == number and not rest:
                yield replace(lead, text=_seasoned(lead.text, brief))


def _seasoned(text: str, brief: Brief) -> str:
    """The season in front, where there is room for it."""
    if brief.season is None:
        return text
    pattern = brief.variety.pick("season", brief.language.options("ad.season"))
    title = brief.naming().title
    inside = title + text[len(title) :] if text.casefold().startswith(title.casefold()) else text
    seasoned = brief.language.sentence(brief.language.render(pattern, season=brief.season, text=inside))
    return seasoned if brief.limits.hold(seasoned, brief.language) else text


def _price(brief: Brief) -> Iterator[Sentence]:
    price = brief.facts.price
    if price is not None and brief.may_use(price.evidence):
        naming = brief.naming()
        pattern = brief.variety.pick("price", brief.language.options("text.price"))
        text = brief.language.render(pattern, many=naming.many, subject=naming.it, price=price.quote)
        yield Sentence(brief.language.sentence(text), (price.evidence,))


def _subject_line(brief: Brief) -> Draft | None:
    """A subject line has no full stop."""
    naming, language = brief.naming(), brief.language
    title: tuple[Evidence, ...] = () if brief.facts.title is None else (brief.facts.title.evidence,)
    first, *others = language.options("ad.email")
    for clause in _clauses(brief):
        text = language.sentence(
            language.render(first, title=naming.plain, also={"1": _alone(clause, brief)})
        )
        if brief.limits.hold(text, language):
            return Draft((Sentence(text, evidence_of([clause], *title)),))
    for pattern in [brief.variety.pick("email", others), *others, "{title}"]:
        text = language.sentence(language.render(pattern, title=naming.title))
        if title and brief.limits.hold(text, language):
            return Draft((Sentence(text, title),))
    return plain(brief)


def _alone(clause: Clause, brief: Brief) -> str:
    """A clause that stands behind a colon."""
    return (
        f"{brief.naming().it} {clause.text}"
        if clause.form == "vp" and not brief.language.is_unspaced
        else clause.text
    )


KIND = Kind(
    name="ad",
    brief="Advertise the product in one or two sentences that keep to the characters of the channel.",
    inputs=("channel", "season", "max_characters"),
    compose=compose,
    fallback=plain,
    channels=MappingProxyType(
        {
            "feed": (Limits(characters=125), Limits(characters=60)),
            "search": (Limits(characters=90), Limits(characters=45)),
            "push": (Limits(characters=100), Limits(characters=50)),
            "email": (Limits(characters=60), Limits(characters=30)),
        }
    ),
)
