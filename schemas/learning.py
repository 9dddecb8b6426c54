"""How the models learn: labelled feedback in, promoted models out."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.copywriting import CopyKind
from schemas.events import Event, ModelVersion, SourcePosition, Value, contradiction
from schemas.fields import (
    Count,
    Identifier,
    Known,
    LanguageCode,
    SentimentLabel,
    Text,
    Timestamp,
    Version,
    Wanted,
)
from schemas.frozen_mapping import FrozenMapping
from schemas.vocabularies import UNITS, Aspect

Location = Annotated[
    str, Field(min_length=1, max_length=1_024), Wanted("a path or URI of 1 to 1,024 characters")
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$"), Wanted("64 lower-case hexadecimal digits")]
Metric = Annotated[float, Wanted("a finite number")]
Share = Annotated[float, Field(gt=0, le=1), Wanted("a number above 0, at most 1")]
#: What is trained and promoted by itself: a model's job and the language it does it in.
Unit = Annotated[
    str,
    Field(min_length=1, max_length=64, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$"),
    Wanted('a name such as "reviews-en": lower-case letters, digits and hyphens, at most 64'),
    Known(UNITS),
]


class JudgedOpinion(Value):
    """An opinion as somebody reads it: which aspect, how it feels, and the words if they can be named."""

    aspect: Aspect
    sentiment: SentimentLabel
    quote: Text | None = None


class CorrectedOpinion(Value):
    """An opinion that was read wrongly, and what it should have been; null if it is none."""

    was: JudgedOpinion
    should_be: JudgedOpinion | None


Opinions = Annotated[tuple[JudgedOpinion, ...], Field(max_length=200)]


class SentimentJudgement(Value):
    """How one version of a review feels."""

    task: Literal["sentiment"]
    review_id: Identifier
    review_version: Version
    label: SentimentLabel


class AspectJudgement(Value):
    """Which opinions that were read in one version of a review are right, which are not, and which are missing."""

    task: Literal["aspects"]
    review_id: Identifier
    review_version: Version
    accepted: Opinions = ()
    corrected: Annotated[tuple[CorrectedOpinion, ...], Field(max_length=200)] = ()
    missing: Opinions = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.accepted or self.corrected or self.missing):
            raise contradiction("one of accepted, corrected and missing is required")
        return self


class TextJudgement(Value):
    """Whether a text is good as it is: a product's, by its generation, or one that was asked for, by its request.

    `number` tells several of a kind apart, from 0. `correction` is what it should have been.
    """

    task: Literal["text"]
    kind: CopyKind | Literal["summary", "headline", "selling_point"]
    generation: Count | None = None
    request_id: Identifier | None = None
    number: Count = 0
    verdict: Literal["accepted", "rejected", "corrected"]
    correction: Text | None = None

    @model_validator(mode="after")
    def _is_about_one_text(self) -> Self:
        if (self.generation is None) == (self.request_id is None):
            raise contradiction("exactly one of generation and request_id is required")
        if (self.verdict == "corrected") != (self.correction is not None):
            raise contradiction("correction must be present exactly when verdict is corrected")
        return self


Judgement = Annotated[SentimentJudgement | AspectJudgement | TextJudgement, Field(discriminator="task")]


class Feedback(Event):
    """What somebody says the right answer is: a label to learn from. Its `judgement` is told apart by `task`.

    `text` is what was judged. It may be left out, for the stream holds it, and helps where it has gone. Of one
    labeller's judgements of one subject and task the latest counts.
    """

    feedback_id: Identifier
    product_id: Identifier
    judgement: Judgement
    text: Text | None = None
    language: LanguageCode | None = None
    labeller: Identifier
    created_at: Timestamp


class ModelPromoted(Event):
    """A trained model is live for its unit from now on; workers verify, load and swap to it.

    `sources` are the last feedback of each partition that its training read, none if it was not trained on
    feedback; `previous` is what it replaces, null for a unit's first model. A rollback is a promotion too. `share`
    is the part of the products that it reads, by the hash of their ids: less than 1 is a trial, and the others stay
    with `previous`.
    """

    unit: Unit
    model: ModelVersion
    previous: ModelVersion | None = None
    share: Share = 1.0
    location: Location
    manifest_sha256: Sha256
    metrics: FrozenMapping[Metric] = Field(default_factory=FrozenMapping)
    sources: Annotated[tuple[SourcePosition, ...], Field(max_length=1_000)] = ()
    promoted_at: Timestamp

    @model_validator(mode="after")
    def _leaves_nobody_without(self) -> Self:
        if self.share < 1 and self.previous is None:
            raise contradiction("a share below 1 needs the previous model for the others")
        return self
