"""Whether a worker really works: pure, so that every way of being stuck can be tested."""

from dataclasses import dataclass

#: How long nothing may be finished while records wait, before the worker counts as stuck.
STUCK_AFTER_S = 120.0


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What readiness is judged by.

    Attributes:
        has_joined: an assignment arrived and every partition was positioned.
        is_rebalancing: partitions are on the move.
        missing: what the role itself waits for, in words.
        partitions: how many are assigned. A worker with none is ready: it is a spare.
        lag_messages: records that wait in the assigned partitions.
        idle_s: seconds since an offset moved, or since the lag was last zero.
    """

    has_joined: bool
    is_rebalancing: bool
    missing: tuple[str, ...]
    partitions: int
    lag_messages: int
    idle_s: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """The verdict, and why.

    Attributes:
        delivery: the guarantee that the worker runs with; None where it delivers nothing, or has not settled it yet.
    """

    is_ready: bool
    reasons: tuple[str, ...]
    delivery: str | None = None


def judge(state: WorkerState) -> Readiness:
    """Ready means: nothing missing, assigned, positioned, and offsets moving while there is work.

    >>> judge(WorkerState(True, False, (), 4, 0, 9999.0)).is_ready
    True
    >>> judge(WorkerState(True, False, (), 4, 10, 9999.0)).reasons
    ('10 records wait and no offset moved for 9999 s',)
    """
    reasons = list(state.missing)
    if not state.has_joined:
        reasons.append("no partitions were assigned yet")
    if state.is_rebalancing:
        reasons.append("partitions are being reassigned")
    if state.has_joined and state.lag_messages > 0 and state.idle_s > STUCK_AFTER_S:
        reasons.append(f"{state.lag_messages} records wait and no offset moved for {state.idle_s:.0f} s")
    return Readiness(not reasons, tuple(reasons))
