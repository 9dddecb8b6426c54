"""What a product has in common with those that a shopper dealt with: tags, the brand, the same attribute."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from schemas.grounding import Evidence
from streams.copywriting.brief import Brief
from streams.copywriting.facts import Fact, Facts

#: What shoppers brought back is no reason for more of it.
_NO_REASON = frozenset({"returned"})


@dataclass(frozen=True, slots=True)
class Shared:
    """Something in common.

    Attributes:
        what: kind of fact.
        fact: of the product that is recommended.
        other_title: how the text calls the other one.
        action: what the shopper did with it.
        evidence: of both.
    """

    what: Literal["attribute", "tag", "brand"]
    fact: Fact
    other_title: str
    action: str
    evidence: tuple[Evidence, ...]


def shared_with(brief: Brief) -> Iterator[Shared]:
    """All that a product shares with products of the history and the cart; the last dealt with first."""
    for product_id, action in _dealt_with(brief):
        other = brief.others.get(product_id)
        if other is None or other.title is None or product_id == brief.facts.subject.product_id:
            continue
        for what, fact, known in _common(brief.facts, other):
            cited = [fact.evidence, known.evidence, other.title.evidence]
            if brief.facts.title is not None:
                cited.append(brief.facts.title.evidence)
            yield Shared(what, fact, brief.naming(other).title, action, tuple(cited))


def _dealt_with(brief: Brief) -> list[tuple[str, str]]:
    past = [(one.product_id, one.action) for one in reversed(brief.request.history)]
    cart = [(product_id, "carted") for product_id in brief.request.cart]
    returned = {product_id for product_id, action in past if action in _NO_REASON}
    return [(known, action) for known, action in [*cart, *past] if known not in returned]


def _common(facts: Facts, other: Facts) -> Iterator[tuple[Literal["attribute", "tag", "brand"], Fact, Fact]]:
    theirs = {tag.quote.casefold(): tag for tag in other.tags}
    for tag in facts.tags:
        if tag.quote.casefold() in theirs:
            yield "tag", tag, theirs[tag.quote.casefold()]
            break
    if facts.brand is not None and other.brand is not None and facts.brand.quote == other.brand.quote:
        yield "brand", facts.brand, other.brand
    values = {(fact.reference, fact.quote.casefold()): fact for fact in other.attributes}
    for fact in facts.attributes:
        if (
            fact.value is not None
            and fact.value.shape != "no"
            and (key := (fact.reference, fact.quote.casefold())) in values
        ):
            yield "attribute", fact, values[key]
            break
