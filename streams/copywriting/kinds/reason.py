"""Reasons to buy: one sentence that rests on one fact; personal where what the shopper likes meets one."""

from collections.abc import Iterator

from schemas.grounding import Evidence
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.facts import Fact
from streams.copywriting.kind import Kind
from streams.copywriting.matching import Match, matches
from streams.copywriting.own_words import cited, own_sentence
from streams.copywriting.reviews import opinion_sentence, opinions
from streams.copywriting.sentences import Sentence, evidence_of
from streams.copywriting.signals import shared_with


def compose(brief: Brief) -> Draft | None:
    """The best reason that fits: what the shopper is interested in, what he dealt with, then what is so anyway."""
    return _first(brief, [*_of_interests(brief), *_of_history(brief), *_general(brief)])


def general(brief: Brief) -> Draft | None:
    """A reason that is one for everybody."""
    return _first(brief, list(_general(brief)))


def _first(brief: Brief, reasons: list[Sentence]) -> Draft | None:
    """The reason whose turn it is: further variants tell further facts."""
    fitting = [
        reason
        for reason in reasons
        if brief.limits.hold(reason.text, brief.language)
        and all(brief.may_use(evidence) for evidence in reason.evidence)
    ]
    return Draft((fitting[brief.number % len(fitting)],)) if fitting else None


def _of_interests(brief: Brief) -> Iterator[Sentence]:
    for interest in brief.request.interests:
        for match in matches(interest, brief.facts, brief.language)[:2]:
            yield _interesting(interest, match, brief)


def _interesting(interest: str, match: Match, brief: Brief) -> Sentence:
    """One interest, and the fact that meets it."""
    language, facts = brief.language, brief.facts
    title = [] if facts.title is None else [facts.title.evidence]
    if match.opinion is not None:
        told = opinion_sentence(match.opinion, language, brief.variety)
        sentence = _inside(told.text, brief)
        return _filled(brief, "reason.interest_review", interest, told.evidence, sentence=sentence)
    assert match.fact is not None  # noqa: S101 - a match is one or the other
    fact = match.fact
    if fact.reference == "description":
        quote = fact.quote.rstrip(".。!！")
        return _filled(
            brief, "reason.interest_description", interest, (*cited(fact, (), language), *title), quote=quote
        )
    if fact.value is None:
        return _filled(brief, "reason.interest_tag", interest, (fact.evidence, *title), tag=fact.quote)
    clauses = brief.clauses([fact])
    lead, _ = brief.joining().lead(clauses, "plain")
    return _filled(
        brief,
        "reason.interest",
        interest,
        (*evidence_of(clauses), *title),
        sentence=_inside(lead.text, brief),
    )


def _filled(
    brief: Brief, path: str, interest: str, evidence: tuple[Evidence, ...], **values: str
) -> Sentence:
    naming = brief.naming()
    text = brief.language.render(
        brief.variety.pick("reason", brief.language.options(path)),
        many=naming.many,
        title=naming.title,
        interest=interest,
        also=values,
    )
    return Sentence(brief.language.sentence(text), evidence)


def _inside(sentence: str, brief: Brief) -> str:
    """A sentence inside another one: it begins in lower case unless a name begins it."""
    title = brief.naming().title
    if sentence.casefold().startswith(title.casefold()):
        return title + sentence[len(title) :]
    first = sentence.split(maxsplit=1)[0]
    return sentence[0].lower() + sentence[1:] if first[1:].islower() or len(first) == 1 else sentence


def _of_history(brief: Brief) -> Iterator[Sentence]:
    """What a product has in common with one that the shopper dealt with."""
    naming, language = brief.naming(), brief.language
    for shared in shared_with(brief):
        values = {"brand": shared.fact.quote, "tag": shared.fact.quote}
        if shared.what == "attribute":
            clauses = [clause for clause in brief.clauses([shared.fact]) if clause.form == "vp"]
            if not clauses:
                continue
            values["1"] = clauses[0].text
        text = language.render(
            brief.variety.pick("shared", language.options(f"reason.shared_{shared.what}")),
            many=naming.many,
            title=naming.title,
            other=shared.other_title,
            action=language.text(f"reason.action.{shared.action}"),
            also=values,
        )
        yield Sentence(language.sentence(text), shared.evidence)


def _general(brief: Brief) -> Iterator[Sentence]:
    """What reviewers praise, then the product's own facts."""
    language = brief.language
    attributes = [fact for fact in brief.attributes() if fact.value is None or fact.value.shape != "no"]
    praise = [
        opinion_sentence(opinion, language, brief.variety)
        for opinion in opinions(brief.facts.subject, language, "positive")[:2]
    ]
    yield from (_about(sentence, brief) for sentence in praise)
    for fact in attributes[:8]:
        yield from _of_attribute(fact, brief)
    for fact in brief.facts.sentences[:2]:
        yield _about(own_sentence(fact, brief.facts.attributes, brief), brief)


def _of_attribute(fact: Fact, brief: Brief) -> Iterator[Sentence]:
    naming, language = brief.naming(), brief.language
    title = [] if brief.facts.title is None else [brief.facts.title.evidence]
    for clause in brief.clauses([fact]):
        path = "reason.general" if clause.form == "vp" else f"reason.general_{clause.form}"
        pattern = brief.variety.pick("reason", language.options(path), brief.number)
        text = language.render(
            pattern, many=naming.many, title=naming.title, it=naming.it, also={"1": clause.text}
        )
        yield Sentence(language.sentence(text), evidence_of([clause], *title))


def _about(sentence: Sentence, brief: Brief) -> Sentence:
    naming = brief.naming()
    pattern = brief.language.text("reason.general_sentence")
    title = [] if brief.facts.title is None else [brief.facts.title.evidence]
    text = brief.language.render(pattern, title=naming.title, sentence=_inside(sentence.text, brief))
    return Sentence(brief.language.sentence(text), (*sentence.evidence, *title))


KIND = Kind(
    name="reason",
    brief="Give one reason to buy the product, in a sentence that a fact supports; name an interest if one meets it.",
    inputs=("interests", "history", "cart", "user_id"),
    compose=compose,
    fallback=general,
    limits=(Limits(words=60), Limits(words=120)),
)
