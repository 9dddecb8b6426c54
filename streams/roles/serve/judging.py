"""What is answered of a product, given what Redis holds and what was answered before: never something older."""

from dataclasses import dataclass
from typing import Literal

from schemas.serving import StaleReason
from streams.roles.serve.progress import Progress
from streams.web.catalogue import Stored

#: How much later than our last answer Redis must have been at the end of the topic before it is believed that a
#: product is older than, or not what, we answered: more than requests to Redis and clocks are late.
_MARGIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to answer.

    Attributes:
        kind: `found`, `missing`, or `unknown`, which is neither.
        stored: what is answered, or the record that says that the product is gone.
        is_of_redis: whether Redis says so now; False if it is what was answered before.
    """

    kind: Literal["found", "missing", "unknown"]
    stored: Stored | None = None
    stale_reason: StaleReason | None = None
    is_of_redis: bool = True


def judge(
    held: Stored | None,
    before: Stored | None,
    progress: Progress,
    *,
    seconds_since_before: float = 0.0,
    stale_after_s: float,
    has_been_current: bool,
) -> Verdict:
    """Decide about one product.

    Args:
        held: what Redis holds of it.
        before: what this process answered last.
        progress: how far Redis was when it was asked.
        seconds_since_before: since Redis last confirmed `before`.
        stale_after_s: how long the end of the topic may not have been reached in a fresh answer.
        has_been_current: whether this process has seen Redis complete and fresh: from then on what is not there
            does not exist, rather than is not known yet.
    """
    is_leftover = held is not None and held.epoch != progress.epoch
    if before is not None and _is_behind(None if is_leftover else held, before):
        # Redis was flushed, went back to an earlier state, or was replaced. It is right again once it has been at the
        # end of the topic after we got from it what we answered: all that there was then is in it.
        seen_s = seconds_since_before - _MARGIN_S
        if not progress.has_reached_end_after(before.partition, seen_s):
            reason: StaleReason = "redis_behind" if progress.is_complete else "rebuilding"
            return as_answered(before, reason)
    if not progress.is_complete:
        if held is None or held.document is None:
            return Verdict("unknown")
        return _verdict(held, "rebuilding")
    behind: StaleReason | None = "updates_behind" if progress.behind_s > stale_after_s else None
    if held is None or is_leftover:
        return Verdict("missing" if behind is None or has_been_current else "unknown")
    return _verdict(held, behind)


def _is_behind(held: Stored | None, before: Stored) -> bool:
    """Whether Redis may hold an older record than the one that was answered."""
    return held is None or held.partition != before.partition or held.offset < before.offset


def as_answered(before: Stored, reason: StaleReason) -> Verdict:
    """Answer what was answered before, because of `reason`."""
    return _verdict(before, reason, is_of_redis=False)


def _verdict(stored: Stored, reason: StaleReason | None, *, is_of_redis: bool = True) -> Verdict:
    kind: Literal["found", "missing"] = "found" if stored.document is not None else "missing"
    return Verdict(kind, stored, reason, is_of_redis)
