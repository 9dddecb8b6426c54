"""Copy on request: what a shop may ask to have written, and what is written."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.events import Event, Output, Value, contradiction
from schemas.fields import Identifier, Label, LanguageCode, Rating, Text, Wanted
from schemas.frozen_mapping import FrozenMapping
from schemas.products import Attributes, Evidence

CopyKind = Literal["description", "ad", "draft_review", "reply"]
WordLimit = Annotated[int, Field(ge=5, le=1_000), Wanted("a whole number from 5 to 1,000")]
Notes = Annotated[str, Field(max_length=2_000), Wanted("at most 2,000 characters")]


def _subject_id(product_id: str | None, request_id: str) -> str:
    return request_id if product_id is None else product_id


class CopyRequest(Event):
    """A wish for copy about a known product (`product_id`) or one described inline (`attributes`).

    A `reply` answers `review_text`; a `draft_review` may be given the `rating` it should match.
    """

    request_id: Identifier
    product_id: Identifier | None = None
    attributes: Attributes = Field(default_factory=FrozenMapping)
    kind: CopyKind
    language: LanguageCode | None = None
    channel: Label | None = None
    season: Label | None = None
    audience: Label | None = None
    rating: Rating | None = None
    review_text: Text | None = None
    notes: Notes | None = None
    max_words: WordLimit | None = None

    @property
    def subject_id(self) -> str:
        """The record's key: `product_id`, so that copy meets its product; else `request_id`."""
        return _subject_id(self.product_id, self.request_id)

    @model_validator(mode="after")
    def _says_what_to_write_about(self) -> Self:
        if self.product_id is None and not self.attributes:
            raise contradiction("product_id or attributes is required")
        if self.kind == "reply" and self.review_text is None:
            raise contradiction("a reply needs the review_text it answers")
        return self


class CopyVariant(Value):
    """One way to put it. `synthetic` is always true: no reader may take it for a shopper's words."""

    text: Text
    synthetic: Literal[True] = True
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=100)] = ()


class CopyReady(Output):
    """The copy that was written for a request."""

    request_id: Identifier
    product_id: Identifier | None = None
    kind: CopyKind
    variants: Annotated[tuple[CopyVariant, ...], Field(min_length=1, max_length=20)]

    @property
    def subject_id(self) -> str:
        """The record's key, the same as the request's."""
        return _subject_id(self.product_id, self.request_id)
