"""Sentences of a product's own description, as they stand or made whole where they are fragments."""

from collections.abc import Sequence

from schemas.grounding import Evidence
from streams.copywriting.brief import Brief
from streams.copywriting.clauses import Naming
from streams.copywriting.facts import Fact
from streams.copywriting.language import Language
from streams.copywriting.saying import first_said
from streams.copywriting.sentences import Sentence

_MOST_BEFORE_NOUN = 5
_PRONOUNS = (", it ", ", they ", ", this ", ", these ", ", you ", ", the ", ", we ")


def fragment(fact: Fact, naming: Naming, language: Language) -> str | None:
    """What a product is, where a sentence is nothing but that: "a jointed desk lamp with a weighted base".

    None where the sentence is whole, or says something else.
    """
    goes_on = language.words("fragment_goes_on")
    if not goes_on or naming.plain == language.text("default_subject"):
        return None
    words = fact.quote.rstrip(".!").split()
    nouns = {word.casefold() for word in naming.plain.split()[-3:]}
    for place, word in enumerate(words[: _MOST_BEFORE_NOUN + 1]):
        follows = words[place + 1].casefold() if place + 1 < len(words) else ""
        is_last = word.endswith((",", ";")) or not follows
        if word.rstrip(",;").casefold() in nouns and (is_last or follows in goes_on):
            return _lowered(fact.quote.rstrip(".!"), naming, place)
    return None


def _lowered(text: str, naming: Naming, noun_at: int) -> str | None:
    first = text.split(maxsplit=1)[0]
    is_article = first.casefold() in {"a", "an"}
    if is_article == naming.many or (not is_article and noun_at == 0 and not naming.many):
        return None
    is_plain = first[1:].islower() or is_article or "-" in first
    is_name = first in naming.plain.split()[:1]
    return (text[0].lower() + text[1:]) if is_plain and not is_name else text


def own_sentence(fact: Fact, attributes: Sequence[Fact], brief: Brief) -> Sentence:
    """A sentence of the description; what it says of attributes it cites too."""
    language = brief.language
    text = fact.quote
    if text[-1] not in ".!?。！？…”»":
        text = text.rstrip(",;，；") + language.text("stop")
    made_whole = _participle(text, brief)
    if made_whole is None and (what := fragment(fact, brief.naming(), language)) is not None:
        made_whole = _being(what + language.text("stop"), brief)
    text = made_whole or text
    return Sentence(language.sentence(text), cited(fact, attributes, language))


def cited(fact: Fact, attributes: Sequence[Fact], language: Language) -> tuple[Evidence, ...]:
    """A sentence of the description, and the attributes that it tells."""
    return (fact.evidence, *(one.evidence for one in first_said(attributes, fact.quote, language)))


def _participle(text: str, brief: Brief) -> str | None:
    """A sentence that begins like "Rated to 140 kg", made whole; None where it does not."""
    language = brief.language
    words = text.split()
    goes_on = language.words("participle_goes_on")
    if len(words) < 3 or not words[0].endswith("ed") or words[1] not in goes_on:
        return None
    if any(pronoun in text for pronoun in _PRONOUNS):
        return None
    return _being(text[0].lower() + text[1:], brief)


def _being(what: str, brief: Brief) -> str | None:
    """What the product is, as a sentence; None in languages that have no pattern for it."""
    naming = brief.naming()
    for pattern in brief.language.options("sentence.participle"):
        return brief.language.render(pattern, many=naming.many, subject=naming.it, also={"1": what})
    return None
