"""Comparisons: attributes of two to four products side by side, then what reviewers say of each."""

from collections.abc import Iterator, Sequence

from schemas.grounding import Evidence
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.clauses import Clause, Naming
from streams.copywriting.clauses import clause as clause_of
from streams.copywriting.facts import Fact, Facts
from streams.copywriting.kind import Kind
from streams.copywriting.reviews import opinion_sentence, opinions, rating_sentence
from streams.copywriting.sentences import Sentence, evidence_of

_MOST_SHARED = 6
_MOST_ALONE = 1


def compose(brief: Brief) -> Draft | None:
    """What can be compared, what is told of one alone, prices, reviews."""
    shared = list(_shared(brief))[:_MOST_SHARED]
    sentences = [_side_by_side(facts, brief) for facts in shared]
    if not shared:
        sentences.append(_nothing_shared(brief))
    sentences += _alone(brief, {fact.concept or fact.reference for facts in shared for fact in facts})
    sentences += _prices(brief)
    sentences += _reviews(brief)
    kept = brief.fitted(sentences)
    return Draft(kept) if any(sentence.evidence for sentence in kept) else None


def _name_of(fact: Fact) -> str:
    return fact.concept or fact.reference.casefold()


def _shared(brief: Brief) -> Iterator[tuple[Fact, ...]]:
    """Attributes that all products have, each with one fact of every product."""
    tables = [
        {_name_of(fact): fact for fact in reversed(brief.attributes(facts, also_said=True))}
        for facts in brief.products
    ]
    for name in dict.fromkeys(_name_of(fact) for fact in _all_attributes(brief, brief.products[0])):
        if all(name in table for table in tables):
            yield tuple(table[name] for table in tables)


def _all_attributes(brief: Brief, facts: Facts) -> list[Fact]:
    return sorted(facts.attributes, key=lambda fact: brief.rules.rank(fact.reference))


def _clause(fact: Fact, facts: Facts, brief: Brief) -> Clause:
    return brief.clauses([fact], facts)[0]


def _side_by_side(facts: tuple[Fact, ...], brief: Brief) -> Sentence:
    language = brief.language
    clauses = [_clause(fact, of, brief) for fact, of in zip(facts, brief.products, strict=True)]
    titles = [of.title.evidence for of in brief.products if of.title is not None]
    evidence = evidence_of(clauses, *titles)
    if len({fact.quote.casefold() for fact in facts}) == 1 and (same := _same(clauses, brief)) is not None:
        return Sentence(language.sentence(same), evidence)
    parts = [_part(clause, of, brief) for clause, of in zip(clauses, brief.products, strict=True)]
    return Sentence(language.sentence(_contrasted(parts, brief)), evidence)


def _same(clauses: Sequence[Clause], brief: Brief) -> str | None:
    """One sentence on all of them; None in languages where it would not agree."""
    clause = clauses[0]
    group = "both" if len(clauses) == 2 else "all"
    path = f"comparison.{group}" if clause.form == "vp" else f"comparison.{group}_{clause.form}"
    patterns = brief.language.options(path)
    if not patterns:
        return None
    plural = _clause_of_many(clause, brief)
    return brief.language.render(brief.variety.pick("both", patterns), also={"1": plural})


def _clause_of_many(clause: Clause, brief: Brief) -> str:
    """The clause as it agrees with several products."""
    naming = brief.naming()
    many = Naming(naming.title, naming.plain, brief.language.options("it")[1], many=True)
    made = clause_of(clause.fact, many, brief.language, brief.variety)
    return clause.text if made is None else made.text


def _part(clause: Clause, facts: Facts, brief: Brief) -> str:
    """What one product has, with its name."""
    language, naming = brief.language, brief.naming(facts)
    if clause.form == "cl":
        return language.render(language.text("comparison.of"), title=naming.title, also={"1": clause.text})
    if language.is_unspaced:
        return f"{naming.title}：{clause.text}"
    has = language.render(language.text("comparison.has"), many=naming.many) if clause.form == "np" else ""
    return " ".join(filter(None, (naming.title, has, clause.text)))


def _contrasted(parts: Sequence[str], brief: Brief) -> str:
    language = brief.language
    if len(parts) == 2:
        pattern = brief.variety.pick("while", language.options("comparison.while"), len(parts[0]))
        return language.render(pattern, a=parts[0], b=parts[1])
    return language.text("comparison.each").join(parts) + language.text("stop")


def _alone(brief: Brief, compared: set[str]) -> Iterator[Sentence]:
    """What is told of one product only."""
    names = [{_name_of(fact) for fact in facts.attributes} for facts in brief.products]
    for place, facts in enumerate(brief.products):
        others = set().union(*(known for number, known in enumerate(names) if number != place))
        alone = [fact for fact in brief.attributes(facts) if _name_of(fact) not in others | compared]
        for fact in alone[:_MOST_ALONE]:
            clause = _clause(fact, facts, brief)
            sentence = _part(clause, facts, brief) + brief.language.text("stop")
            title = [] if facts.title is None else [facts.title.evidence]
            yield Sentence(brief.language.sentence(sentence), evidence_of([clause], *title))


def _prices(brief: Brief) -> Iterator[Sentence]:
    prices = [facts.price for facts in brief.products if facts.price is not None]
    currencies = {facts.subject.details.currency for facts in brief.products}
    if len(prices) < len(brief.products) or len(currencies) > 1:
        return
    language = brief.language
    parts = [
        language.render(
            language.text("comparison.price"),
            many=brief.naming(facts).many,
            title=brief.naming(facts).title,
            price=price.quote,
        )
        for facts, price in zip(brief.products, prices, strict=True)
    ]
    titles = [facts.title.evidence for facts in brief.products if facts.title is not None]
    yield Sentence(
        language.sentence(_contrasted(parts, brief)), (*(price.evidence for price in prices), *titles)
    )


def _reviews(brief: Brief) -> Iterator[Sentence]:
    """What reviewers say of each; of one without reviews, that nobody has."""
    language = brief.language
    for facts in brief.products:
        naming, subject = brief.naming(facts), facts.subject
        if subject.summary is None:
            continue
        if not subject.review_count:
            text = language.render(language.text("comparison.no_reviews"), title=naming.title)
            yield Sentence(language.sentence(text))
            continue
        yield from rating_sentence(subject, naming, language, brief.variety, is_named=True)
        for opinion in [
            *opinions(subject, language, "positive")[:1],
            *opinions(subject, language, "negative")[:1],
        ]:
            told = opinion_sentence(opinion, language, brief.variety)
            about = language.render(
                language.text("comparison.about"), title=naming.title, sentence=_inside(told.text)
            )
            evidence: tuple[Evidence, ...] = told.evidence
            yield Sentence(language.sentence(about), evidence)


def _inside(sentence: str) -> str:
    first = sentence.split(maxsplit=1)[0]
    return sentence[0].lower() + sentence[1:] if first[1:].islower() else sentence


def _nothing_shared(brief: Brief) -> Sentence:
    language = brief.language
    titles = language.listed([brief.naming(facts).title for facts in brief.products])
    text = language.render(language.text("comparison.nothing_shared"), titles=titles)
    return Sentence(language.sentence(text))


KIND = Kind(
    name="comparison",
    brief="Compare the products attribute by attribute, then say what reviewers say of each; prefer none.",
    inputs=("product_ids",),
    compose=compose,
    products=2,
    limits=(Limits(words=220), Limits(words=420)),
)
