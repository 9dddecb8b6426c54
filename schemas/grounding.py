"""What written texts stand on: evidence, claims, what was dropped, and what they were written from."""

from typing import Annotated

from pydantic import Field

from schemas.events import SourcePosition, Value
from schemas.fields import Count, Identifier, Label, Text
from schemas.vocabularies import CopyCheck, EvidenceKind


class Evidence(Value):
    """What a written statement rests on: a quote from one review, one attribute of the product, or the request itself.

    An attribute is also a field of the product, by its name: `title`, `description`, `brand`, `price`, `tags`,
    `average_rating`. Of the request it is what somebody wrote into it: `rating`, `notes`, `review_text`. `product_id`
    names the product where a text is about several.
    """

    kind: EvidenceKind
    reference: Label
    quote: Text
    product_id: Identifier | None = None


EvidenceList = Annotated[tuple[Evidence, ...], Field(max_length=100)]


class CopyClaim(Value):
    """One statement of a text, word for word, with what supports it; a greeting needs nothing."""

    text: Text
    evidence: EvidenceList = ()


CopyClaims = Annotated[tuple[CopyClaim, ...], Field(max_length=200)]


class DroppedClaim(Value):
    """A statement that was written and not published: which check it failed, and why in words."""

    text: Text
    check: CopyCheck
    reason: Text


DroppedClaims = Annotated[tuple[DroppedClaim, ...], Field(max_length=200)]


class CopyLineage(Value):
    """What a text was written from, and how.

    Attributes:
        prompt_version: names templates, prompts and checks.
        positions: the records it was written from: snapshots, or the products' newest.
        generation: of the product's copy that it belongs to or was written beside; 0 where there is none.
        review_count: the reviews that were known then.
        house_rules: the version of the shop's own rules, null without any.
    """

    prompt_version: Label
    positions: Annotated[tuple[SourcePosition, ...], Field(max_length=20)] = ()
    generation: Count = 0
    review_count: Count = 0
    house_rules: Label | None = None
