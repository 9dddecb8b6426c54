"""A product's standing copy: its snapshot, what was written from it, what is published, and who decided so."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.counts import ReviewCounts
from schemas.events import Event, Output, Value, contradiction
from schemas.fields import Count, Flag, Identifier, Label, LanguageCode, Text, Timestamp, Version, Wanted
from schemas.grounding import CopyClaims, CopyLineage, DroppedClaims, Evidence
from schemas.products import ProductDetails, Tags
from schemas.summaries import KeyPoint
from schemas.vocabularies import Approval, CopyMethod, CopyRefreshReason

MAX_PARTS = 20
CopyPart = Literal["description", "headline", "reason", "selling_point", "ad", "question", "summary"]
Decision = Literal["approved", "rejected", "edited", "pinned", "unpinned"]
Remark = Annotated[str, Field(max_length=2_000), Wanted("at most 2,000 characters")]


class ProductFacts(ProductDetails):
    """What a product is, as its platform last published it."""

    version: Version
    title: Label


class CopyRefreshRequested(Output):
    """The self-contained snapshot that a product's next copy is written from: what it is, and what its reviews say.

    `language` is the one to write in, null for that of the facts. `generation` counts the copies that were asked
    for.
    """

    product_id: Identifier
    generation: Version
    as_of: Timestamp
    reason: CopyRefreshReason
    language: LanguageCode | None = None
    product: ProductFacts
    counts: ReviewCounts
    key_points: Annotated[tuple[KeyPoint, ...], Field(max_length=100)] = ()


class CopyText(Value):
    """A text that was written, and its statements with what supports them."""

    text: Text
    claims: CopyClaims = ()
    method: CopyMethod


class WrittenReason(CopyText):
    """One reason to buy, with what supports it."""

    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1, max_length=100)]


class WrittenAd(CopyText):
    """An advertisement for one channel."""

    channel: Label


class WrittenAnswer(CopyText):
    """A question that shoppers ask, and the answer as `text`."""

    question: Text


class ProductCopy(Output):
    """What was written from one `CopyRefreshRequested`. An older generation never replaces a newer one.

    `snapshot_offset` is that of the snapshot's own source: evidence that changed after it does not stand any more.
    """

    product_id: Identifier
    product_version: Version
    generation: Version
    language: LanguageCode
    description: CopyText | None = None
    headlines: Annotated[tuple[CopyText, ...], Field(max_length=MAX_PARTS)] = ()
    reasons: Annotated[tuple[WrittenReason, ...], Field(max_length=MAX_PARTS)] = ()
    selling_points: Annotated[tuple[CopyText, ...], Field(max_length=MAX_PARTS)] = ()
    ads: Annotated[tuple[WrittenAd, ...], Field(max_length=MAX_PARTS)] = ()
    questions: Annotated[tuple[WrittenAnswer, ...], Field(max_length=MAX_PARTS)] = ()
    tags: Tags = ()
    dropped: DroppedClaims = ()
    lineage: CopyLineage
    snapshot_offset: Count


class Standing(Value):
    """How a published text stands with those who decide.

    `pinned` survives refreshes; `facts_changed` says that the facts under a pinned text are not those it was
    written from. `decided_by` and `decision_id` are those of the last decision, null without one.
    """

    approval: Approval = "not_required"
    pinned: Flag = False
    facts_changed: Flag = False
    decided_by: Identifier | None = None
    decision_id: Identifier | None = None


class PublishedText(CopyText):
    """A text as it stands."""

    standing: Standing = Field(default_factory=Standing)


class PublishedReason(WrittenReason):
    """A reason as it stands."""

    standing: Standing = Field(default_factory=Standing)


class PublishedAd(WrittenAd):
    """An advertisement as it stands."""

    standing: Standing = Field(default_factory=Standing)


class PublishedAnswer(WrittenAnswer):
    """A question and its answer as they stand."""

    standing: Standing = Field(default_factory=Standing)


class ProductEnriched(Output):
    """A product's copy as of one moment. A null record means that the product is gone.

    An older `generation` never overwrites a newer one; 0 is before the first. What lost its evidence is not in it
    any more. `snapshot_offset` is the position in `enriched-review` up to which reviews were known when it was
    written, `review_count` how many of them there were. `held` counts the texts that wait for approval, and are not
    in it.
    """

    product_id: Identifier
    product_version: Version
    generation: Count
    as_of: Timestamp
    language: LanguageCode
    description: PublishedText | None = None
    headlines: Annotated[tuple[PublishedText, ...], Field(max_length=MAX_PARTS)] = ()
    reasons: Annotated[tuple[PublishedReason, ...], Field(max_length=MAX_PARTS)] = ()
    selling_points: Annotated[tuple[PublishedText, ...], Field(max_length=MAX_PARTS)] = ()
    ads: Annotated[tuple[PublishedAd, ...], Field(max_length=MAX_PARTS)] = ()
    questions: Annotated[tuple[PublishedAnswer, ...], Field(max_length=MAX_PARTS)] = ()
    tags: Tags = ()
    held: Count = 0
    snapshot_offset: Count
    review_count: Count
    lineage: CopyLineage | None = None


class CopyDecided(Event):
    """Somebody decided on a product's copy: approved, rejected, edited, pinned or released it.

    The text is the one that `part`, `number` (from 0, of several) and `generation` name. `text` is the new one,
    there exactly when `decision` is `edited`: an edit is feedback too.
    """

    decision_id: Identifier
    product_id: Identifier
    decision: Decision
    part: CopyPart
    number: Count = 0
    generation: Count
    text: Text | None = None
    reason: Remark | None = None
    decided_by: Identifier
    decided_at: Timestamp

    @model_validator(mode="after")
    def _has_a_text_if_edited(self) -> Self:
        if (self.decision == "edited") != (self.text is not None):
            raise contradiction("text must be present exactly when decision is edited")
        return self
