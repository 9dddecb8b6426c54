"""The facts of a product that copy may be written from: each screened, each with its source."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from models.text.cleaning import clean
from models.text.language import LanguageIdentifier
from models.text.sentences import split_sentences
from schemas.fields import MAX_LABEL_CHARACTERS
from schemas.grounding import DroppedClaim, Evidence
from schemas.products import ProductDetails
from streams.composing.composition import primary
from streams.copywriting.attribute_values import Value, understood, written
from streams.copywriting.checks import faults
from streams.copywriting.language import Language, languages
from streams.copywriting.subject import Subject
from streams.copywriting.translating import translated

#: Longer names and values are no facts that a sentence could hold.
MAX_VALUE_CHARACTERS = 200
MAX_TITLE_CHARACTERS = 150
_MAX_SENTENCE_CHARACTERS = 300
_MOST_ATTRIBUTES = 60
_LEAST_SENTENCE_CHARACTERS = 6
_SAYS_SOMETHING = re.compile(r"[^\W_]")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of a product.

    Attributes:
        reference: the attribute's name, or that of a field: "title", "description", "brand", "price", "tags".
        quote: word for word, as its platform gave it.
        product_id: whose.
        value: of an attribute, understood.
        concept: which attribute of the language files it is; None: none of them, or no attribute.
    """

    reference: str
    quote: str
    product_id: str
    value: Value | None = None
    concept: str | None = None

    @property
    def evidence(self) -> Evidence:
        """What a sentence cites."""
        return Evidence(
            kind="attribute",
            reference=self.reference[:MAX_LABEL_CHARACTERS],
            quote=self.quote,
            product_id=self.product_id,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be said of a product in one language.

    Attributes:
        subject: whose facts.
        title: its name; None: it has none that may be published.
        attributes: in the platform's order.
        sentences: of its description, word for word.
        brand, category, price: where they are known.
        tags: where they are in the language.
        withheld: what must not be published, and why.
    """

    subject: Subject
    title: Fact | None
    attributes: tuple[Fact, ...] = ()
    sentences: tuple[Fact, ...] = ()
    brand: Fact | None = None
    category: Fact | None = None
    price: Fact | None = None
    tags: tuple[Fact, ...] = ()
    withheld: tuple[DroppedClaim, ...] = ()

    @property
    def are_too_few(self) -> bool:
        """Whether nothing but a name is known."""
        return not (self.attributes or self.sentences or self.brand or self.category or self.price)


def facts_of(subject: Subject, language: Language, forbidden: Collection[str] = ()) -> Facts:
    """Screen what is known of a product.

    Args:
        subject: the product.
        language: of the copy; words in another one are left out, numbers and known values are put into it.
        forbidden: words that a shop never uses.
    """
    return _Screening(subject, language, forbidden).facts()


class _Screening:
    """Takes facts in, or sets them aside with the reason."""

    def __init__(self, subject: Subject, language: Language, forbidden: Collection[str]) -> None:
        self._subject = subject
        self._language = language
        self._forbidden = forbidden
        self._own = language_of(subject)
        self._withheld: list[DroppedClaim] = []

    def facts(self) -> Facts:
        details = self._subject.details
        title = self._fact("title", self._subject.title, is_name=True, most=MAX_TITLE_CHARACTERS)
        return Facts(
            subject=self._subject,
            title=title,
            attributes=tuple(self._agreeing(list(self._attributes()))),
            sentences=tuple(self._sentences(details)),
            brand=self._fact("brand", details.brand, is_name=True),
            category=self._fact("category", details.category),
            price=self._fact("price", price_text(details, self._language), is_name=True),
            tags=tuple(fact for tag in details.tags[:30] if (fact := self._fact("tags", tag))),
            withheld=tuple(self._withheld),
        )

    def _fact(
        self, reference: str, text: str | None, *, is_name: bool = False, most: int = MAX_VALUE_CHARACTERS
    ) -> Fact | None:
        if text is None:
            return None
        cleaned = " ".join(clean(text).text.split())
        if (
            not _SAYS_SOMETHING.search(cleaned)
            or len(cleaned) > most
            or not self._passes(reference, text, cleaned)
        ):
            return None
        if not is_name and not self._is_in_language(cleaned):
            return None
        return Fact(reference, cleaned, self._subject.product_id)

    def _attributes(self) -> Iterator[Fact]:
        for name, given in list(self._subject.details.attributes.items())[:_MOST_ATTRIBUTES]:
            text = " ".join(clean(written(given)).text.split())
            says_something = _SAYS_SOMETHING.search(text) and _SAYS_SOMETHING.search(name)
            if not says_something or len(text) > MAX_VALUE_CHARACTERS or len(name) > 60:
                continue
            if not self._passes(name, str(given), text) or not self._passes(name, name, name):
                continue
            own = understood(name, text if isinstance(given, str) else given, self._language)
            concept = _concept(own.name)
            value = own if self._is_own else translated(own, concept, self._language)
            if value is not None and (not self._is_own or self._is_in_language(text + name)):
                yield Fact(name, text, self._subject.product_id, value, concept)

    def _agreeing(self, facts: Sequence[Fact]) -> Iterator[Fact]:
        """Facts without those that contradict each other: two weights, two different colours."""
        for fact in facts:
            rivals = {other.quote.casefold() for other in facts if _is_the_same(fact, other)}
            if len(rivals) <= 1:
                yield fact
            else:
                reason = f"{fact.reference}: the product has {len(rivals)} values for it"
                self._withheld.append(DroppedClaim(text=fact.quote, check="unsupported", reason=reason))

    def _sentences(self, details: ProductDetails) -> Iterator[Fact]:
        if details.description is None or not self._is_own:
            return
        cleaned = clean(details.description).text
        # Who gives instructions in one sentence is not quoted in the next one.
        if any(fault.check == "instruction" for fault in faults(cleaned, self._language.code)):
            self._passes("description", details.description, cleaned)
            return
        for start, end in split_sentences(cleaned)[:40]:
            text = " ".join(cleaned[start:end].split())
            if not _LEAST_SENTENCE_CHARACTERS <= len(text) <= _MAX_SENTENCE_CHARACTERS:
                continue
            if self._is_in_language(text) and self._passes("description", text, text):
                yield Fact("description", text, self._subject.product_id)

    @property
    def _is_own(self) -> bool:
        return self._own == self._language.code

    def _is_in_language(self, text: str) -> bool:
        """By its script; Latin letters stand in Chinese texts too."""
        return self._is_own and (self._language.is_unspaced or not _HAN.search(text))

    def _passes(self, reference: str, original: str, text: str) -> bool:
        found = faults(original, self._language.code, self._forbidden) or faults(
            text, self._language.code, self._forbidden
        )
        if found:
            self._withheld.append(
                DroppedClaim(
                    text=" ".join(text.split())[:500] or reference,
                    check=found[0].check,
                    reason=f"{reference}: {found[0].reason}",
                )
            )
        return not found


def _is_the_same(fact: Fact, other: Fact) -> bool:
    """Whether both are values of one attribute that can have only one."""
    if fact.concept is None or fact.concept != other.concept or fact.value is None or other.value is None:
        return False
    return fact.concept == "colour" or {fact.value.shape, other.value.shape} <= {"quantity", "count"}


def language_of(subject: Subject) -> str:
    """The language that a product is described in: the one it says, else the one that its words are in."""
    details = subject.details
    if details.language is not None:
        return primary(details.language)
    attributes = " ".join(f"{name} {written(value)}" for name, value in details.attributes.items())
    text = f"{subject.title}. {details.description or ''} {attributes}"[:2_000]
    return language_of_text(text)


def language_of_text(text: str, likely: str = "en") -> str:
    """The language of words; where nothing tells, the likely one."""
    if has_han(text):
        return "zh"
    found = _identifier().identify(text[:2_000], likely).code
    return found if found != "und" else likely


def has_han(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return _HAN.search(text) is not None


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier(tuple(languages()))


def price_text(details: ProductDetails, language: Language) -> str | None:
    """A price as people write it: "39.90 USD", "139元"."""
    if details.price is None or details.currency is None:
        return None
    amount = f"{details.price:.0f}" if float(details.price).is_integer() else f"{details.price:.2f}"
    if language.is_unspaced:
        return f"{amount}元" if details.currency == "CNY" else f"{amount} {details.currency}"
    return f"{amount} {details.currency}"


def _concept(name: str) -> str | None:
    found = (known.concept(name) for known in languages().values())
    return next((concept for concept in found if concept is not None), None)
