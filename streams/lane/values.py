"""What goes into the lane and what comes out."""

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from schemas.dead_letters import DeadLetterReason

Prediction_co = TypeVar("Prediction_co", covariant=True)


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """See `streams.settings.LaneSettings`, where most are explained.

    Attributes:
        memory_pauses_s: before each further try of a text that no memory was left for although it was alone: what
            else is computed on the device, here or by others, gives its memory back.
    """

    max_batch_tokens: int | None = None
    max_batch_reviews: int = 256
    forward_timeout_s: float = 60.0
    max_waiting_tokens: int = 16_384
    memory_pauses_s: tuple[float, ...] = (0.1, 0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the model cannot answer for this one text."""

    reason: DeadLetterReason
    error: str


class Answer(NamedTuple, Generic[Prediction_co]):
    """What came of one text, and how long each step took.

    Attributes:
        outcome: the prediction, or the failure.
        queue_ms: waiting, from the call until its batch started.
        tokenise_ms: of all texts that were handed in together.
        forward_ms: of the batch it was in.
    """

    outcome: Prediction_co | Failure
    queue_ms: float
    tokenise_ms: float
    forward_ms: float


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a forward pass was made of, for the metrics. `fill` is the share of the budget that was used."""

    reviews: int
    tokens: int
    fill: float
    forward_s: float
