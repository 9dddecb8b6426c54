"""Whether a worker really works: pure, so that every way of being stuck can be tested."""

from dataclasses import dataclass

#: How long nothing may be finished while records wait, before the worker counts as stuck; where a role's batch may
#: take longer, that comes on top.
STUCK_AFTER_S = 120.0
#: How long the broker may say nothing. It is asked every few seconds, and has ten to answer.
SILENT_AFTER_S = 30.0
#: So many times the limit of being stuck, and the worker ends: a new one may do better.
_HOPELESS_AFTER = 3


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What readiness is judged by.

    Attributes:
        has_joined: an assignment arrived and every partition was positioned.
        is_rebalancing: partitions are on the move.
        missing: what the role itself waits for, in words.
        partitions: how many are assigned. A worker with none is ready: it is a spare.
        lag_messages: records that wait in the assigned partitions.
        idle_s: seconds since an offset moved or a batch was finished, or since the lag was last zero.
        silent_s: seconds since the broker last answered.
        unknown_s: seconds since the lag was last known while the broker answered.
        stuck_after_s: more idle seconds than that, with records waiting, and the worker is stuck.
    """

    has_joined: bool
    is_rebalancing: bool
    missing: tuple[str, ...]
    partitions: int
    lag_messages: int
    idle_s: float
    silent_s: float = 0.0
    unknown_s: float = 0.0
    stuck_after_s: float = STUCK_AFTER_S

    @property
    def is_settled(self) -> bool:
        """Whether nothing keeps the worker from its work that time and the broker will mend."""
        return (
            self.has_joined
            and not self.is_rebalancing
            and not self.missing
            and self.silent_s <= SILENT_AFTER_S
        )


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
    if state.silent_s > SILENT_AFTER_S:
        reasons.append(f"the broker has not answered for {state.silent_s:.0f} s, so the lag is not known")
    if state.unknown_s > SILENT_AFTER_S:
        reasons.append(
            f"the broker answers, and the consumer has not said how far it is for {state.unknown_s:.0f} s"
        )
    if state.has_joined and state.lag_messages > 0 and state.idle_s > state.stuck_after_s:
        reasons.append(f"{state.lag_messages} records wait and no offset moved for {state.idle_s:.0f} s")
    return Readiness(not reasons, tuple(reasons))


def is_hopeless(state: WorkerState) -> bool:
    """Whether the worker should end, for another to begin where it stands: settled, and stuck for long.

    A slow worker is not stuck, for every batch that it finishes counts; nor is one whose broker is away.

    >>> is_hopeless(WorkerState(True, False, (), 4, 10, 361.0)), is_hopeless(WorkerState(True, False, (), 4, 10, 121.0))
    (True, False)
    """
    limit_s = _HOPELESS_AFTER * state.stuck_after_s
    is_stuck = state.lag_messages > 0 and state.idle_s > limit_s
    return state.is_settled and (is_stuck or state.unknown_s > limit_s)
