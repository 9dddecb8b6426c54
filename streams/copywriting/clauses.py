"""Attributes as grammatical clauses: "weighs 390 g", "a mesh back", "the cable is 1.4 m long"."""

import re
from dataclasses import dataclass
from typing import Literal

from streams.composing.variety import Variety
from streams.copywriting.attribute_values import Value
from streams.copywriting.facts import Fact, Facts
from streams.copywriting.language import Language

#: "vp" goes on from the product, "np" is something it has, "cl" stands alone.
Form = Literal["vp", "np", "cl"]
_MOST_SIMPLE_WORDS = 5
_ENDS_WITH_VALUE = re.compile(r"\{value(?:\|thing)?\}[”»]?$")
#: Whose lists hold remarks too: "recycled nylon, 3 layers".
_WITH_REMARKS = frozenset({None, "material", "fabric", "filling", "lining"})
_FORMS: tuple[Form, ...] = ("vp", "np", "cl")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence.

    Attributes:
        form: what it can be joined with.
        text: its words.
        fact: what it says.
        is_long: whether it lists things, so that little can be joined to it.
    """

    form: Form
    text: str
    fact: Fact
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Naming:
    """How a text calls its product.

    Attributes:
        title: for the inside of a sentence, with its article: "the Arc desk lamp".
        plain: the name alone.
        it: the pronoun.
        many: whether the name is plural.
    """

    title: str
    plain: str
    it: str
    many: bool

    @classmethod
    def of(cls, facts: Facts, language: Language) -> "Naming":
        """The usual one of a product."""
        if facts.title is None:
            return cls(
                language.text("default_subject"),
                language.text("default_subject"),
                language.text("it"),
                many=False,
            )
        plain = short_name(facts.title.quote, language)
        many = _is_plural_name(plain, language)
        first = plain.split()[0].casefold().strip(",:")
        is_bare = (
            language.is_unspaced or not language.words("determiners") or first in language.words("no_article")
        )
        title = plain if is_bare else f"the {plain}"
        return cls(title, plain, language.options("it")[many], many)


def short_name(title: str, language: Language) -> str:
    """A title without what follows its name.

    >>> from streams.copywriting.language import language
    >>> short_name("Tumblewood marble run, 62 pieces", language("en"))
    'Tumblewood marble run'
    """
    end = len(title)
    for mark in language.options("words.title_breaks"):
        at = title.find(mark)
        if at > 0 and (len(title[:at].split()) > 1 or (language.is_unspaced and at > 4)):
            end = min(end, at)
    return title[:end].rstrip(" ,:-–—")


def _is_plural_name(name: str, language: Language) -> bool:
    words = name.split()
    for place, word in enumerate(words):
        if place and word.casefold() in language.words("heads_end_before"):
            words = words[:place]
            break
    return bool(words) and language.is_plural(words[-1])


def clause(fact: Fact, naming: Naming, language: Language, variety: Variety, turn: int = 0) -> Clause | None:
    """An attribute as a clause; None where it has no value to tell.

    Args:
        fact: the attribute.
        naming: what it agrees with.
        language: of the text.
        variety: chooses the words.
        turn: for the same attribute, another one gives other words.
    """
    value = fact.value
    if value is None:
        return None
    patterns = _patterns(value, fact.concept, language)
    if not _is_simple(value):
        # A value with a remark stands at the end, where nothing goes on from it.
        patterns = tuple(known for known in patterns if _ENDS_WITH_VALUE.search(known))
        patterns = patterns or language.options("unknown.text")
    if not patterns:
        return None
    pattern = variety.pick(f"clause {fact.reference}", patterns, turn)
    form, _, body = pattern.partition(": ")
    text = language.render(
        body,
        many=naming.many,
        many_too=language.is_plural(counted(value.name, pattern)),
        value=_told(value, naming, language),
        name=value.name,
        rest=value.name.rpartition(" ")[0],
        last=value.name.rpartition(" ")[2],
        negated=_negated(value.name, language),
    )
    is_long = len(value.items) > 1 or language.text("and") in text or len(text) > 60 or not _is_simple(value)
    return Clause(next(known for known in _FORMS if known == form), text, fact, is_long)


def counted(name: str, pattern: str) -> str:
    """What the verb of a pattern agrees with: "spare seals" of "spare seals available"."""
    return name.rpartition(" ")[0] if "{rest}" in pattern else name


def _is_simple(value: Value) -> bool:
    return all(
        not set(item) & set(",，(（;：:") and len(item.split()) <= _MOST_SIMPLE_WORDS for item in value.items
    )


def _negated(name: str, language: Language) -> str:
    """A name with its verb negated: "光源可更换" as "光源不可更换"; empty where a language does not do that."""
    for verb in language.options("words.middle_verb"):
        if verb in name:
            return name.replace(verb, language.text("words.negation") + verb, 1)
    return ""


def _patterns(value: Value, concept: str | None, language: Language) -> tuple[str, ...]:
    if concept is not None:
        of_concept = f"attribute.{concept}"
        patterns = language.options(f"{of_concept}.{value.shape}")
        if patterns:
            return patterns
        if (
            value.shape not in {"yes", "no", "verb"}
            and not _lacks_some(value, language)
            and not _says_its_name(value, concept)
        ):
            patterns = language.options(f"{of_concept}.any")
        if patterns:
            return patterns
    return _unknown(value, language)


def _lacks_some(value: Value, language: Language) -> bool:
    """Whether a value says "none" beside something else."""
    no = language.words("no")
    return any(item.casefold() in no or item.split()[0].casefold() in no for item in value.items)


def _says_its_name(value: Value, concept: str) -> bool:
    return value.shape == "named" and concept not in {"colour", "material", "fabric"}


def _unknown(value: Value, language: Language) -> tuple[str, ...]:
    """The patterns of an attribute that no file knows, by its shape and its name."""
    name = value.name.casefold()
    many = language.is_plural(name)
    is_abstract = name in language.words("abstract")
    shape: str = value.shape
    if shape in {"count", "list"} and many:
        shape = f"{shape}_plural"
    elif shape == "adjective" and (is_abstract or name.split()[-1] in language.words("abstract")):
        shape = "text"
    elif shape == "adjective" and many:
        shape = "adjective_plural"
    elif shape in {"yes", "no"}:
        shape = _yes_or_no(shape, name, language)
    elif shape in {"quantity", "text", "list"} and is_adjective_name(name.split(), language):
        shape = "qualified"
    elif shape == "quantity" and (
        is_abstract or many or not language.words("function_words").isdisjoint(name.split())
    ):
        shape = "quantity_plain"
    return language.options(f"unknown.{shape}")


def _yes_or_no(shape: str, name: str, language: Language) -> str:
    """Which way to say that something is there or not: by a verb, an adjective, or the thing's name."""
    words = name.split()
    beginnings = tuple(language.options("words.verb_beginnings"))
    if shape == "no" and name.startswith(tuple(language.options("words.negative_beginnings")) or ("\0",)):
        return "nothing"
    if beginnings and name.startswith(beginnings):
        return f"{shape}_adjective"
    if any(verb in name for verb in language.options("words.middle_verb")):
        return f"{shape}_middle"
    if (
        len(words) > 1
        and words[-1] in language.words("states")
        and words[-2] not in language.words("adverbs")
    ):
        return f"{shape}_state"
    if is_adjective_name(words, language):
        return f"{shape}_adjective"
    return "yes_countable" if shape == "yes" and _takes_article(words[-1], language) else shape


def is_state(name: str, language: Language) -> bool:
    """Whether a name says how something of the product is: "cable included", but not "machine washable"."""
    words = name.split()
    return (
        len(words) > 1
        and words[-1] in language.words("states")
        and words[-2] not in language.words("adverbs")
    )


def is_adjective_name(words: list[str], language: Language) -> bool:
    """Whether a name says what a product is, not what it has: "waterproof", "dishwasher safe"."""
    endings = tuple(language.words("name_endings"))
    last = words[-1]
    if bool(endings) and len(last) > 3 and last.endswith(endings) and not last.endswith(("eed", "bed")):
        return True
    return len(words) == 1 and last in language.words("adjectives")


def _takes_article(noun: str, language: Language) -> bool:
    """Whether a thing of this name is one that can be counted, as far as its ending tells."""
    endings = tuple(language.words("mass_endings"))
    if not endings or language.is_plural(noun) or noun.casefold() in language.words("mass"):
        return False
    return not noun.endswith(endings) and not noun.isupper()


def _told(value: Value, naming: Naming, language: Language) -> str:
    """The value in the sentence: lists with "and", verbs that agree, plain words in lower case."""
    if value.shape == "verb":
        first, space, rest = value.items[0].partition(" ")
        plural = language.options(f"words.verbs.{first.lower()}")
        verb = plural[0] if naming.many and plural else first[:1].lower() + first[1:]
        return f"{verb}{space}{rest}"
    items = [_in_sentence(item, language) for item in value.items]
    if value.shape != "list":
        return items[0]
    has_and = any(language.text("and").strip() in item.split() for item in items)
    is_mixed = (
        len({item[:1].isdigit() for item in items}) > 1 and language.concept(value.name) in _WITH_REMARKS
    )
    if has_and or is_mixed:
        return language.text("comma").join(items)
    return language.listed(
        [language.thing(item) for item in items] if _are_things(value, language) else items
    )


def _are_things(value: Value, language: Language) -> bool:
    """Whether a list is one of things that are there, each with its article: "a map and a ribbon marker"."""
    return language.concept(value.name) == "accessories"


def _in_sentence(item: str, language: Language) -> str:
    """Words that only begin in upper case because they stood alone; names and abbreviations stay."""
    first = item.split(maxsplit=1)[0]
    if language.is_unspaced or not first[:1].isupper() or not first[1:].islower():
        return item
    word = first.casefold().rstrip(",.;")
    known = (
        language.words("adjectives")
        | language.words("materials")
        | language.words("colours")
        | language.words("determiners")
        | language.words("countable")
    )
    is_plain = word in known or word in language.words("small")
    return item[0].lower() + item[1:] if is_plain else item
