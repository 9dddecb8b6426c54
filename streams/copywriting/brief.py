"""What one text is written from and for: facts, language, wishes and limits."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from schemas.copywriting import CopyRequest
from schemas.grounding import Evidence
from streams.composing.variety import Variety
from streams.copywriting.clauses import Clause, Naming, clause
from streams.copywriting.facts import Fact, Facts
from streams.copywriting.house_rules import HouseRules
from streams.copywriting.language import Language, languages
from streams.copywriting.saying import said_in
from streams.copywriting.sentences import Joining, Sentence, joined

#: So many attributes are enough for a text of its own.
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a text may be.

    Attributes:
        words: the most; characters in a language without spaces. None: any number.
        characters: the most. None: any number.
    """

    words: int | None = None
    characters: int | None = None

    def hold(self, text: str, language: Language) -> bool:
        """Whether a text is short enough.

        >>> from streams.copywriting.language import language
        >>> Limits(words=3).hold("A lamp.", language("en")), Limits(words=3).hold("一盏台灯。", language("zh"))
        (True, False)
        """
        words = len(text) if language.is_unspaced else len(text.split())
        return (self.words is None or words <= self.words) and (
            self.characters is None or len(text) <= self.characters
        )

    def within(self, other: "Limits") -> "Limits":
        """The stricter of both."""
        return Limits(_least(self.words, other.words), _least(self.characters, other.characters))


def _least(one: int | None, other: int | None) -> int | None:
    known = [number for number in (one, other) if number is not None]
    return min(known) if known else None


@dataclass(frozen=True, slots=True)
class Draft:
    """A text before it is checked.

    Attributes:
        sentences: in order.
        separator: what stands between them; None: what does in the language.
    """

    sentences: tuple[Sentence, ...]
    separator: str | None = None

    def text(self, language: Language) -> str:
        """All of it."""
        if self.separator is None:
            return joined(self.sentences, language)
        return self.separator.join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything that a kind composes from.

    Attributes:
        request: what was asked for.
        language: to write in.
        products: the facts of what it is about, in the order of the request.
        others: products that the shopper dealt with, by id.
        limits: of the text.
        rules: of the shop.
        variety: chooses words.
        tone: one that the language has.
        season, audience: in words of the language, or None.
        number: of the variant, from 0.
        withheld: sources that must not be used any more, for a text that used them failed.
    """

    request: CopyRequest
    language: Language
    products: tuple[Facts, ...]
    others: Mapping[str, Facts]
    limits: Limits
    rules: HouseRules
    variety: Variety
    tone: str = "plain"
    season: str | None = None
    audience: str | None = None
    number: int = 0
    withheld: frozenset[tuple[str, str, str]] = field(default_factory=frozenset)

    @property
    def facts(self) -> Facts:
        """Of the only product, or the first one."""
        return self.products[0]

    def naming(self, facts: Facts | None = None) -> Naming:
        """How the text calls a product."""
        return Naming.of(facts or self.facts, self.language)

    def joining(self, *, alone: bool = False) -> Joining:
        """What makes sentences of the product's clauses; `alone`: of sentences that nothing comes before."""
        title = None if self.facts.title is None else self.facts.title.evidence
        return Joining(self.language, self.naming(), self.variety, title, alone=alone)

    def attributes(self, facts: Facts | None = None, *, also_said: bool = False) -> list[Fact]:
        """Attributes that may be told: first what the shop wants in front, last what is not there.

        Args:
            facts: of which product; None: the first.
            also_said: whether what the title says is told too; else it is left out where there is enough else.
        """
        facts = facts or self.facts
        usable = [fact for fact in facts.attributes if self.may_use(fact.evidence)]
        title = "" if facts.title is None else facts.title.quote
        said = {fact for fact in usable if said_in(fact, title, self.language)}
        if len(usable) - len(said) >= _ENOUGH and not also_said:
            usable = [fact for fact in usable if fact not in said]
        return sorted(
            usable, key=lambda fact: (self.rules.rank(fact.reference), fact in said, _is_missing(fact))
        )

    def clauses(self, attributes: Sequence[Fact], facts: Facts | None = None) -> list[Clause]:
        """Attributes as clauses, in order."""
        naming = self.naming(facts)
        made = (clause(fact, naming, self.language, self.variety) for fact in attributes)
        return [one for one in made if one is not None]

    def may_use(self, evidence: Evidence) -> bool:
        """Whether nothing that rested on it has failed."""
        return key_of(evidence) not in self.withheld

    def fitted(self, sentences: Sequence[Sentence], limits: Limits | None = None) -> tuple[Sentence, ...]:
        """Those sentences that fit into the limits, in order; one that is too long makes room for shorter ones."""
        limits = limits or self.limits
        kept: list[Sentence] = []
        for sentence in sentences:
            if limits.hold(joined([*kept, sentence], self.language), self.language):
                kept.append(sentence)
        return tuple(kept)

    def without(self, evidence: Collection[Evidence], variety: Variety) -> "Brief":
        """The same, for another attempt."""
        return replace(
            self,
            withheld=self.withheld | {key_of(one) for one in evidence if one.reference != "title"},
            variety=variety,
        )


def _is_missing(fact: Fact) -> bool:
    return fact.value is not None and fact.value.shape == "no"


def key_of(evidence: Evidence) -> tuple[str, str, str]:
    """What tells one source from another."""
    return evidence.kind, evidence.reference, evidence.quote


_SPACES = re.compile(r"\s+")


def known_season(season: str, language: Language) -> str:
    """A season in the words of a language; one that no file knows stays as it is.

    >>> from streams.copywriting.language import language
    >>> known_season("xmas", language("en")), known_season("winter", language("zh"))
    ('Christmas', '冬季')
    """
    wanted = _SPACES.sub(" ", season.replace("_", " ")).strip().casefold()
    for name in language.names("season"):
        known = [
            text.casefold() for every in languages().values() for text in every.options(f"season.{name}")
        ]
        if wanted in [name.replace("_", " "), *known]:
            return language.text(f"season.{name}")
    return season.strip()
