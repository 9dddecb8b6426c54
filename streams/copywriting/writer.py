"""Writes copy: screens the facts, composes, checks, composes anew what fails, and refuses where nothing can be said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from schemas.copywriting import CopyRequest, CopyVariant, Refusal
from schemas.fields import MAX_TEXT_CHARACTERS
from schemas.grounding import DroppedClaim, Evidence
from streams.composing.variety import Variety
from streams.copywriting.brief import Brief, Draft, Limits
from streams.copywriting.checks import Fault, faults, repeated
from streams.copywriting.facts import facts_of
from streams.copywriting.house_rules import NO_RULES, HouseRules
from streams.copywriting.inline import subject_of_attributes
from streams.copywriting.kind import Compose, Kind
from streams.copywriting.kinds import kinds
from streams.copywriting.language import Language, languages
from streams.copywriting.sentences import Sentence
from streams.copywriting.subject import Subject
from streams.copywriting.wishes import language_wanted, unmet, wishes_of
from streams.copywriting.written import Written

#: How often a text that fails is composed anew.
MAX_ATTEMPTS = 5
_MOST_DROPPED = 200


class Problem(NamedTuple):
    """A sentence that must not stand, or a text (no sentence), and why."""

    sentence: Sentence | None
    fault: Fault


class CopyWriter:
    """Composes copy of every kind from facts. Keeps nothing between two texts, so any thread may use it.

    Args:
        rules: of the shop.
        known: the kinds that it writes, by their names; None: all there are.
    """

    def __init__(self, rules: HouseRules = NO_RULES, known: Mapping[str, Kind] | None = None) -> None:
        self._rules = rules
        self._kinds = kinds() if known is None else known

    def write(self, request: CopyRequest, subjects: Mapping[str, Subject], *, generation: int = 0) -> Written:
        """Answer a request.

        Args:
            request: what is wanted.
            subjects: by product id: what the request is about, and what it names as history or cart.
            generation: another one gives other words.
        """
        wanted = [known for known in (request.product_id, *(request.product_ids or ())) if known is not None]
        about = [subjects[known] for known in wanted if known in subjects]
        if request.attributes:
            about = [subject_of_attributes(request)]
        elif len(about) < len(wanted):
            missing = ", ".join(known for known in wanted if known not in subjects)
            return _refused(request, None, "unknown_product", f"nothing is known of product {missing}")
        code = language_wanted(request, about)
        if code not in languages():
            known = ", ".join(languages())
            return _refused(
                request, None, "unsupported_language", f"copy is written in {known}; wanted was {code}"
            )
        language = languages()[code]
        if (problem := unmet(request, self._kinds[request.kind], language)) is not None:
            return _refused(request, code, *problem)
        return self._composed(request, language, about, subjects, generation)

    def _composed(
        self,
        request: CopyRequest,
        language: Language,
        about: Sequence[Subject],
        subjects: Mapping[str, Subject],
        generation: int,
    ) -> Written:
        kind = self._kinds[request.kind]
        wishes = wishes_of(request, language)
        products = tuple(facts_of(subject, language, self._rules.forbidden) for subject in about)
        named = {*(past.product_id for past in request.history), *request.cart}
        others = {
            known: facts_of(subjects[known], language, self._rules.forbidden)
            for known in sorted(named)
            if known in subjects
        }
        dropped = [claim for facts in products for claim in facts.withheld] + list(wishes.dropped)
        brief = Brief(
            request=wishes.request,
            language=language,
            products=products,
            others=others,
            limits=self._limits(kind, request, about, language),
            rules=self._rules,
            variety=Variety(about[0].product_id, generation),
            tone=wishes.tone,
            season=wishes.season,
            audience=wishes.audience,
        )
        variants = tuple(self._variants(kind, brief, generation, dropped))
        refusals = () if variants else (_why_nothing(kind, brief, dropped),)
        return Written(
            request=request,
            language=language.code,
            variants=variants,
            refusals=refusals,
            dropped=tuple(dict.fromkeys(dropped))[:_MOST_DROPPED],
            review_count=max(subject.review_count for subject in about),
            rules=None if self._rules is NO_RULES else self._rules.version,
            generation=generation,
        )

    def _limits(
        self, kind: Kind, request: CopyRequest, about: Sequence[Subject], language: Language
    ) -> Limits:
        asked = Limits(request.max_words, request.max_characters)
        house = self._rules.most_words(about[0].details.category) if kind.name == "description" else None
        usual = kind.limits_of(
            None if not kind.channels else (request.channel or next(iter(kind.channels))),
            unspaced=language.is_unspaced,
        )
        if request.max_words is not None and not kind.channels:
            usual = Limits(None, usual.characters)
        elif house is not None:
            usual = Limits(house, usual.characters)
        return usual.within(asked).within(Limits(house, MAX_TEXT_CHARACTERS))

    def _variants(
        self, kind: Kind, brief: Brief, generation: int, dropped: list[DroppedClaim]
    ) -> Iterator[CopyVariant]:
        texts: set[str] = set()
        for number in range(brief.request.variants):
            draft = self._passing(
                kind, brief, generation=generation, number=number, texts=texts, dropped=dropped
            )
            if draft is None:
                return
            text = draft.text(brief.language)
            texts.add(text)
            yield CopyVariant(
                text=text, claims=tuple(sentence.claim for sentence in draft.sentences), method="composed"
            )

    def _passing(
        self,
        kind: Kind,
        brief: Brief,
        *,
        generation: int,
        number: int,
        texts: set[str],
        dropped: list[DroppedClaim],
    ) -> Draft | None:
        """The first draft that passes all checks and is not written yet."""
        ways: list[Compose] = [kind.compose] * MAX_ATTEMPTS + ([kind.fallback] if kind.fallback else [])
        product_id = brief.facts.subject.product_id
        for attempt, way in enumerate(ways):
            seed = generation if not number + attempt else (generation + 1) * 1_000 + number * 100 + attempt
            current = replace(brief, variety=Variety(product_id, seed), number=number + attempt)
            draft = way(current)
            if draft is None:
                continue
            draft = self._worded(draft)
            problems = list(self._problems(draft, current))
            dropped += [_dropped(problem, draft, brief.language) for problem in problems]
            if not problems and draft.text(brief.language) not in texts:
                return draft
            brief = brief.without(_cited(problems), brief.variety)
        return None

    def _worded(self, draft: Draft) -> Draft:
        if not self._rules.preferred:
            return draft
        return replace(
            draft,
            sentences=tuple(
                replace(sentence, text=self._rules.worded(sentence.text)) for sentence in draft.sentences
            ),
        )

    def _problems(self, draft: Draft, brief: Brief) -> Iterator[Problem]:
        language, forbidden = brief.language.code, self._rules.forbidden
        names = [
            fact.quote
            for facts in (*brief.products, *brief.others.values())
            for fact in (facts.title, facts.brand)
            if fact is not None
        ]
        names += [brief.naming(facts).plain for facts in brief.products]
        for sentence in draft.sentences:
            found = [
                fault
                for line in sentence.text.splitlines()
                for fault in faults(line, language, forbidden, names=names)
                if fault.check != "instruction"
            ]
            yield from (Problem(sentence, fault) for fault in found[:1])
        text = draft.text(brief.language)
        if not brief.limits.hold(text, brief.language):
            yield Problem(None, Fault("length", f"it is longer than wanted: {len(text)} characters"))
        if (twice := repeated([sentence.text for sentence in draft.sentences])) is not None:
            yield Problem(None, Fault("repetition", f"it says twice: {twice}"))


def _cited(problems: Sequence[Problem]) -> list[Evidence]:
    return [one for problem in problems if problem.sentence is not None for one in problem.sentence.evidence]


def _dropped(problem: Problem, draft: Draft, language: Language) -> DroppedClaim:
    text = draft.text(language) if problem.sentence is None else problem.sentence.text
    return DroppedClaim(text=text[:2_000], check=problem.fault.check, reason=problem.fault.reason)


def _why_nothing(kind: Kind, brief: Brief, dropped: Sequence[DroppedClaim]) -> Refusal:
    unsafe = [claim for claim in dropped if claim.check not in {"length", "repetition", "banned_word"}]
    if unsafe:
        return Refusal(
            kind="unsafe_request",
            reason=f"what is left of the facts is not enough for the kind {kind.name}; the first that was "
            f"left out: {unsafe[0].reason}",
        )
    if dropped:
        return Refusal(
            kind="too_few_facts",
            reason=f"no text of the kind {kind.name} passes the checks; the first that failed: {dropped[0].reason}",
        )
    limits = brief.limits
    return Refusal(
        kind="too_few_facts",
        reason=f"the facts are too few for the kind {kind.name} in {brief.language.code}"
        + ("" if limits.characters in {None, MAX_TEXT_CHARACTERS} else f" in {limits.characters} characters"),
    )


def _refused(request: CopyRequest, language: str | None, kind: str, reason: str) -> Written:
    return Written(request, language, refusals=(Refusal(kind=kind, reason=reason),))
