"""Clauses joined to sentences, each with the facts that it rests on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.grounding import CopyClaim, Evidence
from streams.composing.variety import Variety
from streams.copywriting.clauses import Clause, Naming
from streams.copywriting.language import Language

_FORMS = ("vp", "np", "cl")
_MOST_JOINED = 3
_LOOKED_AT = 4
_MOST_CHARACTERS = 150


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of copy.

    Attributes:
        text: word for word.
        evidence: what it rests on; empty for what claims nothing, such as a greeting.
    """

    text: str
    evidence: tuple[Evidence, ...] = ()

    @property
    def claim(self) -> CopyClaim:
        """For the contract."""
        return CopyClaim(text=self.text, evidence=self.evidence[:100])


def joined(sentences: Iterable[Sentence], language: Language) -> str:
    """Sentences as one text."""
    return language.between().join(sentence.text for sentence in sentences)


def evidence_of(clauses: Iterable[Clause], *more: Evidence) -> tuple[Evidence, ...]:
    """What a sentence of these clauses cites, each source once."""
    return tuple(dict.fromkeys([*(clause.fact.evidence for clause in clauses), *more]))


@dataclass(frozen=True, slots=True)
class Joining:
    """Makes sentences of one product's clauses.

    Attributes:
        language: of the text.
        naming: of the product.
        variety: chooses the patterns.
        title: what a sentence cites that names the product.
        alone: whether a sentence stands alone, so that it does not go on from another.
    """

    language: Language
    naming: Naming
    variety: Variety
    title: Evidence | None
    alone: bool = False

    def lead(self, clauses: Sequence[Clause], tone: str) -> tuple[Sentence, list[Clause]]:
        """The first sentence, which names the product, and the clauses that are left."""
        path = f"lead.{tone}"
        first = next((one for one in clauses[:_LOOKED_AT] if _may_lead(one)), clauses[0])
        clauses = [first, *(one for one in clauses if one is not first)]
        group, rest = self._group(clauses, path, most=2 if not self.language.is_unspaced else 3)
        patterns = self.language.options(f"{path}.{_key(group)}")
        text = self._filled(self.variety.pick("lead", patterns), group)
        cited = () if self.title is None else (self.title,)
        return Sentence(self.language.sentence(text), evidence_of(group, *cited)), rest

    def sentences(self, clauses: Sequence[Clause]) -> Iterator[Sentence]:
        """All clauses as sentences that go on after the first one."""
        rest = list(clauses)
        turn = 0
        while rest:
            group, rest = self._group(rest, "sentence", most=_MOST_JOINED)
            patterns = self.language.options(f"sentence.{_key(group)}")
            text = self._filled(self.variety.pick("sentence", patterns, turn), group, turn)
            yield Sentence(self.language.sentence(text), evidence_of(group))
            turn += 1

    def _group(self, clauses: Sequence[Clause], path: str, most: int) -> tuple[list[Clause], list[Clause]]:
        """Clauses that make one sentence, the first of them among them, and the rest in order."""
        first = clauses[0]
        group = [first]
        for candidate in clauses[1 : 1 + _LOOKED_AT]:
            if len(group) >= most or group[-1].is_long:
                break
            grown = self._ordered([*group, candidate], path)
            if self.language.options(f"{path}.{_key(grown)}") and _reads_well(grown):
                group = grown
        return group, [clause for clause in clauses if clause not in group]

    def _ordered(self, group: list[Clause], path: str) -> list[Clause]:
        """Clauses in their order where there is a pattern for it, else in the order that patterns have."""
        if self.language.options(f"{path}.{_key(group)}"):
            return group
        return sorted(group, key=lambda clause: _FORMS.index(clause.form))

    def _filled(self, pattern: str, group: Sequence[Clause], turn: int = 0) -> str:
        places = {str(place): clause.text for place, clause in enumerate(group, start=1)}
        return self.language.render(
            pattern,
            many=self.naming.many,
            title=self.naming.title,
            it=self.naming.it,
            subject=self._subject(group, turn),
            also=places,
        )

    def _subject(self, group: Sequence[Clause], turn: int) -> str:
        of_nouns = self.language.options("sentence.noun_subjects")
        if not of_nouns:
            return self.naming.it
        of_noun = _begins_with_noun(group[0], self.language)
        if self.alone:
            return "" if of_noun else self.naming.it
        path = "sentence.noun_subjects" if of_noun else "sentence.subjects"
        return self.variety.pick("subject", self.language.options(path), turn)


def _begins_with_noun(clause: Clause, language: Language) -> bool:
    """Whether a clause has a subject of its own: the attribute's name."""
    value = clause.fact.value
    if value is None:
        return False
    if value.shape in {"yes", "no"}:
        return any(verb in value.name[1:] for verb in language.options("words.middle_verb"))
    names = [value.name]
    names += language.options(f"attribute.{clause.fact.concept}.names")
    return clause.text.startswith(tuple(names))


def _may_lead(clause: Clause) -> bool:
    """Whether a text may begin with it: it goes on from the name, and says what is there."""
    return clause.form != "cl" and (clause.fact.value is None or clause.fact.value.shape != "no")


def _key(group: Sequence[Clause]) -> str:
    return "_".join(clause.form for clause in group)


def _reads_well(group: Sequence[Clause]) -> bool:
    """Whether lists stand at the end alone, so that no two "and" meet."""
    beginnings = [clause.text.split()[0] for clause in group if clause.form == "vp" and " " in clause.text]
    return (
        not any(clause.is_long for clause in group[:-1])
        and len(set(beginnings)) == len(beginnings)
        and sum(len(clause.text) for clause in group) <= _MOST_CHARACTERS
    )
