"""The errors of this project, grouped by what the caller can do about them.

`RetryableError`: the world is away for the moment; wait and try again, nothing is lost.
`RejectedEventError`: this one event can never be processed; set it aside with its reason.
`FatalError`: this process cannot go on; end it with a message that says what to do.
"""

from schemas.dead_letters import DeadLetterReason


class ReviewstreamError(Exception):
    """The root of the tree. Messages name the step, what was wanted, what came, and what to do."""


class RetryableError(ReviewstreamError):
    """Connectivity: wait and try again."""


class FatalError(ReviewstreamError):
    """The process cannot go on as it is."""


class HopelessError(FatalError):
    """Starting again cannot help, somebody has to act; ends a command with the exit code that says so."""


class ConfigurationError(HopelessError):
    """A setting or an option does not fit; shown to the user as one line."""


class StoppedError(ReviewstreamError):
    """Somebody asked to stop, with Ctrl-C or SIGTERM; nothing to report."""


class LeaseLostError(ReviewstreamError):
    """The partition belongs to another worker by now: drop the work, its new owner reads it again."""


class RejectedEventError(ReviewstreamError):
    """One event that can never be processed.

    Attributes:
        reason: the dead letter's machine-readable reason.
    """

    def __init__(self, reason: DeadLetterReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
