"""How the models learn: labelled feedback in, promoted models out."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.events import Event, ModelVersion, SourcePosition
from schemas.fields import Identifier, LanguageCode, SentimentLabel, Text, Timestamp, Wanted
from schemas.frozen_mapping import FrozenMapping

Task = Literal["sentiment"]
Location = Annotated[
    str, Field(min_length=1, max_length=1_024), Wanted("a path or URI of 1 to 1,024 characters")
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$"), Wanted("64 lower-case hexadecimal digits")]
Metric = Annotated[float, Wanted("a finite number")]


class Feedback(Event):
    """What someone says the right answer is for one review: a label to learn from."""

    feedback_id: Identifier
    review_id: Identifier
    product_id: Identifier
    text: Text
    language: LanguageCode | None = None
    task: Task = "sentiment"
    label: SentimentLabel
    labeller: Identifier
    created_at: Timestamp


class ModelPromoted(Event):
    """A trained model is live for its task from now on; workers verify, load and swap to it.

    `source` is the last feedback that its training read, null if it was not trained on feedback;
    `previous` is what it replaces, null for a task's first model. A rollback is a promotion too.
    """

    task: Task
    model: ModelVersion
    previous: ModelVersion | None = None
    location: Location
    manifest_sha256: Sha256
    metrics: FrozenMapping[Metric] = Field(default_factory=FrozenMapping)
    source: SourcePosition | None = None
    promoted_at: Timestamp
