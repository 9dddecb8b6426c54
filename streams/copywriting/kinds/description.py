"""Product descriptions: what a product is, from its attributes and its own description, and what reviewers say."""

from collections.abc import Iterator, Sequence

from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.facts import Fact
from streams.copywriting.kind import Kind
from streams.copywriting.own_words import cited, fragment, own_sentence
from streams.copywriting.reviews import opinion_sentence, opinions, rating_sentence
from streams.copywriting.saying import first_said
from streams.copywriting.sentences import Sentence

# Of a text of so many words (characters) at most: how many attributes and sentences of the description it tells.
_SHORT, _LONG = (45, 75), (110, 190)


def compose(brief: Brief) -> Draft | None:
    """The product with its first facts, its own words, its other attributes, and what reviewers say."""
    attributes = brief.attributes()[: _most(brief, 4, 10, 60)]
    quoted, attributes = _quoted(brief, attributes)
    clauses = brief.clauses(attributes)
    sentences = [*framed(brief)]
    if (lead := _fragment_lead(brief, quoted)) is not None:
        sentences.append(lead)
        quoted = quoted[1:]
    elif clauses:
        lead, clauses = brief.joining().lead(clauses, brief.tone)
        sentences += [lead, *_own(brief, quoted[:1])]
        quoted = quoted[1:]
    else:
        sentences += list(named(brief))[:1]
    if clauses:
        sentences += brief.joining().sentences(clauses)
    sentences += _own(brief, quoted)
    sentences += _reviewed(brief)
    kept = brief.fitted(sentences)
    return Draft(kept) if any(sentence.evidence for sentence in kept) else None


def _fragment_lead(brief: Brief, quoted: Sequence[Fact]) -> Sentence | None:
    """A first sentence that says what the product is, where its own description begins with that."""
    patterns = brief.language.options(f"lead.{brief.tone}.self")
    if not quoted or not patterns:
        return None
    naming = brief.naming()
    if (what := fragment(quoted[0], naming, brief.language)) is None:
        return None
    text = brief.language.render(
        brief.variety.pick("lead", patterns), many=naming.many, title=naming.title, also={"1": what}
    )
    sources = cited(quoted[0], brief.facts.attributes, brief.language)
    title = brief.facts.title
    return Sentence(brief.language.sentence(text), (*sources, *([] if title is None else [title.evidence])))


def _own(brief: Brief, quoted: Sequence[Fact]) -> list[Sentence]:
    return [own_sentence(fact, brief.facts.attributes, brief) for fact in quoted]


def plain(brief: Brief) -> Draft | None:
    """Who makes it, what it is listed under, what it costs: where there are no attributes."""
    kept = brief.fitted(list(named(brief)))
    return Draft(kept) if kept else None


def framed(brief: Brief) -> Iterator[Sentence]:
    """A question that speaks to whom the text is for; it claims nothing."""
    season, audience = brief.season, brief.audience
    key = "_".join(name for name, there in (("season", season), ("audience", audience)) if there)
    if key:
        pattern = brief.variety.pick("frame", brief.language.options(f"frame.{key}"))
        text = brief.language.render(pattern, season=season or "", audience=audience or "")
        yield Sentence(brief.language.sentence(text))


def named(brief: Brief) -> Iterator[Sentence]:
    """Maker, category and price, each in a sentence that names the product."""
    naming, language, facts = brief.naming(), brief.language, brief.facts
    fields = (("made_by", facts.brand), ("category", facts.category), ("price_named", facts.price))
    for name, fact in fields:
        if fact is None or not brief.may_use(fact.evidence):
            continue
        if name == "made_by" and facts.title is not None and fact.quote in facts.title.quote:
            continue
        pattern = brief.variety.pick(name, language.options(f"text.{name}"))
        text = language.render(
            pattern,
            many=naming.many,
            title=naming.title,
            subject=naming.title,
            also={_place(name): fact.quote},
        )
        cited = [fact.evidence, *([] if facts.title is None else [facts.title.evidence])]
        yield Sentence(language.sentence(text), tuple(cited))


def _place(name: str) -> str:
    return {"made_by": "brand", "price_named": "price"}.get(name, name)


def _most(brief: Brief, short: int, medium: int, long: int) -> int:
    words = brief.limits.words
    is_unspaced = brief.language.is_unspaced
    if words is not None and words <= _SHORT[is_unspaced]:
        return short
    return long if words is None or words > _LONG[is_unspaced] else medium


def _quoted(brief: Brief, attributes: Sequence[Fact]) -> tuple[list[Fact], list[Fact]]:
    """Sentences of the product's own description, and the attributes that they do not tell already.

    A sentence that would leave nothing of the attributes to tell is left out.
    """
    most = _most(brief, 1 if len(attributes) < 2 else 0, 2, 6)
    chosen: list[Fact] = []
    rest = list(attributes)
    for sentence in brief.facts.sentences:
        said = first_said(rest, sentence.quote, brief.language)
        leaves_some = not said or len(rest) - len(said) >= 2
        if len(chosen) < most and leaves_some and brief.may_use(sentence.evidence):
            chosen.append(sentence)
            rest = [fact for fact in rest if fact not in said]
    return chosen, rest


def _reviewed(brief: Brief) -> Iterator[Sentence]:
    """What reviewers say, where the text is long enough: praise, and in a long text criticism too."""
    told = _most(brief, 0, 1, 3)
    if not told:
        return
    subject, language = brief.facts.subject, brief.language
    if told > 1:
        yield from rating_sentence(subject, brief.naming(), language, brief.variety)
    praise = opinions(subject, language, "positive")
    criticism = opinions(subject, language, "negative")[: told - 1]
    for turn, opinion in enumerate([*praise[: max(1, told - 1)], *criticism[:1]]):
        sentence = opinion_sentence(opinion, language, brief.variety, turn)
        if all(brief.may_use(evidence) for evidence in sentence.evidence):
            yield sentence


KIND = Kind(
    name="description",
    brief="Describe the product in whole sentences for its page, from its attributes and nothing else.",
    inputs=("tone", "season", "audience", "max_words", "max_characters"),
    compose=compose,
    fallback=plain,
    limits=(Limits(words=90), Limits(words=170)),
)
