"""What operators do: personal data that is to be erased, and what was done by whom."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.events import Event, SourcePosition
from schemas.fields import Identifier, Label, Timestamp, Wanted
from schemas.frozen_mapping import FrozenMapping
from schemas.vocabularies import AuditAction, AuditOutcome

Detail = Annotated[str, Field(max_length=2_000), Wanted("at most 2,000 characters")]


class ErasureRequested(Event):
    """All that is kept of a review, an author, a product or a user is to go.

    Every role reads all of them and erases what it holds. `product_id` is the product of a review, where it is known.
    """

    erasure_id: Identifier
    subject_kind: Literal["review", "author", "product", "user"]
    subject_id: Identifier
    product_id: Identifier | None = None
    reason: Detail | None = None
    requested_by: Identifier
    requested_at: Timestamp


class AuditEvent(Event):
    """Something that an operator, or a command on somebody's behalf, did to the system.

    `subject` is what it was done to: a topic, a product, a model unit, an erasure. `details` tell numbers and choices,
    never a review's text. `source` is the record it was about, null where there is none.
    """

    audit_id: Identifier
    action: AuditAction
    subject: Identifier
    outcome: AuditOutcome
    actor: Label
    details: FrozenMapping[Detail] = Field(default_factory=FrozenMapping)
    source: SourcePosition | None = None
    happened_at: Timestamp
