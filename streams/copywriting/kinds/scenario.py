"""Scenarios: a product where and when it is used, as far as its facts tell."""

from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.kind import Kind
from streams.copywriting.own_words import own_sentence
from streams.copywriting.sentences import Sentence

_MOST_TAGS = 3


def compose(brief: Brief) -> Draft | None:
    """A picture of who uses it when, what its description says of its use, and two of its facts."""
    own = [fact for fact in brief.facts.sentences if brief.may_use(fact.evidence)]
    told = own[brief.number % len(own) :][:1] if own else []
    said = [own_sentence(fact, brief.facts.attributes, brief) for fact in told]
    cited = {evidence for sentence in said for evidence in sentence.evidence}
    attributes = [fact for fact in brief.attributes() if fact.evidence not in cited]
    attributes = [fact for fact in attributes if fact.value is None or fact.value.shape != "no"]
    sentences = [_opening(brief), *said, *list(brief.joining().sentences(brief.clauses(attributes[:3])))]
    sentences += _tags(brief)
    kept = brief.fitted(sentences)
    return Draft(kept) if len(kept) > 1 else None


def _opening(brief: Brief) -> Sentence:
    naming, language = brief.naming(), brief.language
    which = {(True, True): "_both", (True, False): "_season", (False, True): "_audience"}.get(
        (brief.season is not None, brief.audience is not None), ""
    )
    pattern = brief.variety.pick("scene", language.options(f"scenario.open{which}"))
    text = language.render(
        pattern, title=naming.title, season=brief.season or "", audience=brief.audience or ""
    )
    title = brief.facts.title
    return Sentence(language.sentence(text), () if title is None else (title.evidence,))


def _tags(brief: Brief) -> list[Sentence]:
    tags = [tag for tag in brief.facts.tags if brief.may_use(tag.evidence)][:_MOST_TAGS]
    if not tags:
        return []
    language, naming = brief.language, brief.naming()
    opening, closing = language.options("quote")
    objects = language.options("scenario.it_object") or language.options("it")
    text = language.render(
        brief.variety.pick("tags", language.options("scenario.tags")),
        tags=language.listed([f"{opening}{tag.quote}{closing}" for tag in tags]),
        it_object=objects[naming.many],
    )
    return [Sentence(language.sentence(text), tuple(tag.evidence for tag in tags))]


KIND = Kind(
    name="scenario",
    brief="Show the product in use, in a few sentences, inventing nothing about it.",
    inputs=("season", "audience", "max_words"),
    compose=compose,
    limits=(Limits(words=80), Limits(words=150)),
)
