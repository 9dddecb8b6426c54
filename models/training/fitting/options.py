"""How a model is fitted: what a user may choose, with its bounds."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from models.errors import ModelConfigurationError

OptimiserName = Literal["adamw", "adafactor", "sgd"]
ScheduleName = Literal["linear", "cosine", "constant"]
OPTIMISERS: Final = get_args(OptimiserName)
SCHEDULES: Final = get_args(ScheduleName)


@dataclass(frozen=True, slots=True)
class FitOptions:
    """Settings of one run; its seed and these settings on one machine give the same weights.

    Attributes:
        epochs: passes over the training texts, at most.
        optimiser: adamw (Loshchilov and Hutter 2019), adafactor (Shazeer and Stern 2018) or sgd with momentum 0.9.
        learning_rate: of what was pretrained.
        head_learning_rate: of what begins at random.
        schedule: after the warm-up, down to a fiftieth of the rate: in a line, by a cosine, or not at all.
        warm_up: share of all steps during which the rate rises to its value.
        weight_decay: of matrices; vectors have none.
        batch_tokens: of one forward and backward pass.
        accumulate: so many passes make a step.
        clip: largest norm of a step's gradient; 0 clips nothing.
        average: decay, a step, of a moving average of the weights, which is validated and kept instead of them; it
            forgets what single batches said last (Polyak and Juditsky 1992). 0 keeps the weights as they are.
        hidden: share of the tokens that stand behind a token that says nothing, others each time, so that no text is
            learnt by heart.
        patience: epochs without a better validation after which to stop; 0 never stops early.
        mixed_precision: compute the encoder in bfloat16 where the device is fast at it.
        seed: of batches, dropout and new weights.
    """

    epochs: int = 5
    optimiser: OptimiserName = "adamw"
    learning_rate: float = 4e-4
    head_learning_rate: float = 1e-3
    schedule: ScheduleName = "linear"
    warm_up: float = 0.1
    weight_decay: float = 0.01
    batch_tokens: int = 1_500
    accumulate: int = 1
    clip: float = 1.0
    average: float = 0.0
    hidden: float = 0.0
    patience: int = 2
    mixed_precision: bool = True
    seed: int = 7

    def __post_init__(self) -> None:
        """Raise ModelConfigurationError where a setting is out of its bounds; says which, wanted and got."""
        for name, least in (("epochs", 1), ("batch_tokens", 1), ("accumulate", 1), ("patience", 0)):
            if getattr(self, name) < least:
                raise ModelConfigurationError(f"{name}: wanted at least {least}, got {getattr(self, name)}")
        for name in ("learning_rate", "head_learning_rate"):
            if not 0 < getattr(self, name) < 1:
                raise ModelConfigurationError(f"{name}: wanted between 0 and 1, got {getattr(self, name)}")
        for name in ("warm_up", "weight_decay", "average", "hidden"):
            if not 0 <= getattr(self, name) < 1:
                raise ModelConfigurationError(f"{name}: wanted 0 to below 1, got {getattr(self, name)}")
        if self.clip < 0:
            raise ModelConfigurationError(f"clip: wanted 0 or more, got {self.clip}")
        for name, known in (("optimiser", OPTIMISERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise ModelConfigurationError(
                    f"{name}: wanted one of {', '.join(known)}, got {getattr(self, name)!r}"
                )
