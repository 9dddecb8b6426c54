"""Questions that shoppers ask, each with its answer: of attributes, price and reviews."""

from collections.abc import Iterator

from streams.copywriting.answering import answer
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.checks import faults
from streams.copywriting.clauses import counted, is_adjective_name, is_state
from streams.copywriting.facts import Fact
from streams.copywriting.kind import Kind
from streams.copywriting.reviews import aspect_name, opinion_sentence, opinions
from streams.copywriting.sentences import Sentence, evidence_of, joined

_MOST_PAIRS = 5


def compose(brief: Brief) -> Draft | None:
    """The question that was asked, if one was, then those that the facts answer."""
    pairs = [*_asked(brief), *_of_attributes(brief), *_of_price(brief), *_of_reviews(brief)]
    kept: list[Sentence] = []
    for pair in pairs:
        grown = Draft((*kept, pair), separator="\n\n")
        if len(kept) < _MOST_PAIRS and brief.limits.hold(grown.text(brief.language), brief.language):
            kept.append(pair)
    return Draft(tuple(kept), separator="\n\n") if kept else None


def _pair(question: str, told: list[Sentence], brief: Brief) -> Sentence:
    language = brief.language
    text = language.render(
        language.text("faq.pair"), question=language.sentence(question), answer=joined(told, language)
    )
    return Sentence(text, tuple(dict.fromkeys(one for sentence in told for one in sentence.evidence)))


def _asked(brief: Brief) -> Iterator[Sentence]:
    question = brief.request.question
    if question is not None and not faults(question, brief.language.code):
        yield _pair(" ".join(question.split()), answer(question, brief), brief)


def _of_attributes(brief: Brief) -> Iterator[Sentence]:
    for fact in brief.attributes(also_said=True)[: _MOST_PAIRS - 1]:
        clauses = brief.clauses([fact])
        if not clauses:
            continue
        told = list(brief.joining(alone=True).sentences(clauses))
        yield _pair(question_of(fact, brief), [Sentence(told[0].text, evidence_of(clauses))], brief)


def question_of(fact: Fact, brief: Brief) -> str:
    """How a shopper asks for an attribute."""
    language, naming = brief.language, brief.naming()
    value = fact.value
    assert value is not None  # noqa: S101 - of attributes
    if value.shape in {"yes", "no"}:
        is_said = is_adjective_name(value.name.split(), language) or value.name.startswith(
            tuple(language.options("words.verb_beginnings")) or ("\0",)
        )
        patterns = language.options("faq.question_yes_adjective" if is_said else "faq.question_yes")
        if is_state(value.name, language):
            patterns = language.options("faq.question_state")
    else:
        patterns = language.options(f"attribute.{fact.concept}.question")
        if not patterns and value.shape == "adjective":
            patterns = language.options("faq.question_adjective")
        if not patterns and value.shape in {"text", "list", "adjective", "thing", "named", "verb"}:
            patterns = language.options("faq.question_text")
        if not patterns and value.shape == "count" and language.is_plural(value.name):
            patterns = language.options("faq.question_count")
        patterns = patterns or language.options("faq.question")
    objects = language.options("faq.it_object") or language.options("it")
    return language.render(
        patterns[0],
        many=naming.many,
        many_too=language.is_plural(counted(value.name, patterns[0])),
        name=value.name,
        rest=value.name.rpartition(" ")[0],
        last=value.name.rpartition(" ")[2],
        it=naming.it,
        it_object=objects[naming.many],
    )


def _of_price(brief: Brief) -> Iterator[Sentence]:
    price = brief.facts.price
    if price is None or not brief.may_use(price.evidence):
        return
    naming, language = brief.naming(), brief.language
    question = language.render(language.text("faq.question_price"), many=naming.many, it=naming.it)
    pattern = brief.variety.pick("price", language.options("text.price"))
    text = language.render(pattern, many=naming.many, subject=naming.it, price=price.quote)
    yield _pair(question, [Sentence(language.sentence(text), (price.evidence,))], brief)


def _of_reviews(brief: Brief) -> Iterator[Sentence]:
    language = brief.language
    for turn, opinion in enumerate(opinions(brief.facts.subject, language)):
        aspect = aspect_name(opinion.aspect, language)
        if aspect:
            question = language.render(language.text("faq.question_reviews"), aspect=aspect)
            yield _pair(question, [opinion_sentence(opinion, language, brief.variety, turn)], brief)


KIND = Kind(
    name="faq",
    brief="Ask what shoppers ask about the product, and answer from its data and reviews.",
    inputs=("question", "max_words"),
    compose=compose,
    limits=(Limits(words=200), Limits(words=400)),
)
