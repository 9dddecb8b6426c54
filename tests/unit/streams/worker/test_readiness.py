from dataclasses import replace

import pytest

from streams.worker.readiness import SILENT_AFTER_S, STUCK_AFTER_S, WorkerState, is_hopeless, judge

WORKING = WorkerState(
    has_joined=True, is_rebalancing=False, missing=(), partitions=4, lag_messages=100, idle_s=1.0
)


def test_a_worker_that_works_is_ready() -> None:
    """Loaded, joined, settled and moving: ready, without a reason against it."""
    assert judge(WORKING).is_ready
    assert judge(WORKING).reasons == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"missing": ("the model is not loaded",)}, "the model is not loaded"),
        ({"has_joined": False}, "no partitions were assigned yet"),
        ({"is_rebalancing": True}, "partitions are being reassigned"),
        ({"idle_s": STUCK_AFTER_S + 1}, "100 records wait and no offset moved for 121 s"),
        (
            {"silent_s": SILENT_AFTER_S + 1, "lag_messages": 0},
            "the broker has not answered for 31 s, so the lag is not known",
        ),
        (
            {"unknown_s": SILENT_AFTER_S + 1},
            "the broker answers, and the consumer has not said how far it is for 31 s",
        ),
    ],
)
def test_each_way_of_not_working_is_named(
    change: dict[str, bool | float | tuple[str, ...]], reason: str
) -> None:
    """Each thing that keeps a worker from its work makes it not ready, and is told."""
    verdict = judge(replace(WORKING, **change))
    assert not verdict.is_ready
    assert verdict.reasons == (reason,)


def test_all_reasons_are_told_together() -> None:
    """An operator sees everything at once, not one thing after the other."""
    assert len(judge(WorkerState(False, True, ("the model is not loaded",), 0, 0, 0.0)).reasons) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"lag_messages": 0, "idle_s": 9_999.0},
        {"partitions": 0, "lag_messages": 0, "idle_s": 9_999.0},
        {"idle_s": STUCK_AFTER_S},
    ],
    ids=["nothing to do", "a spare", "at the limit"],
)
def test_idle_is_not_stuck(change: dict[str, int | float]) -> None:
    """A worker without work, or without partitions, is ready however long nothing moved."""
    assert judge(replace(WORKING, **change)).is_ready


STUCK = replace(WORKING, idle_s=10 * STUCK_AFTER_S)


def test_a_worker_that_is_stuck_for_long_ends() -> None:
    """Work waits, nothing moves, the broker answers: a new worker may do better."""
    assert is_hopeless(STUCK)
    assert is_hopeless(replace(WORKING, unknown_s=10 * STUCK_AFTER_S))


@pytest.mark.parametrize(
    "change",
    [
        {"idle_s": STUCK_AFTER_S + 1},
        {"lag_messages": 0},
        {"missing": ("tables are being restored: 3 of 9 offsets",)},
        {"is_rebalancing": True},
        {"has_joined": False},
        {"silent_s": SILENT_AFTER_S + 1},
        {"stuck_after_s": 10 * STUCK_AFTER_S},
    ],
    ids=["not for long", "idle", "restoring", "rebalancing", "not joined", "broker away", "slow by nature"],
)
def test_no_worker_ends_that_may_be_well(change: dict[str, bool | float | tuple[str, ...]]) -> None:
    """Whoever waits for a broker, for tables, for work, or has batches that take long, is left alone."""
    assert not is_hopeless(replace(STUCK, **change))
