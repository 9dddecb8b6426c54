from typing import Any

import pytest

from streams.roles.serve.judging import Verdict, judge
from streams.roles.serve.progress import Progress
from streams.web.catalogue import Stored

CURRENT = Progress("e", 100.0, {0: 50}, {0: 0.1}, partitions=1)
BEHIND = Progress("e", 100.0, {0: 50}, {0: 60.0}, partitions=1)
FILLING = Progress("e", 1.0, {0: 5}, {}, partitions=1)
EMPTY = Progress()


def stored(offset: int, *, epoch: str = "e", is_gone: bool = False, partition: int = 0) -> Stored:
    return Stored("p", epoch, partition, offset, None if is_gone else b"{}")


def verdict(held: Stored | None, before: Stored | None, progress: Progress, **more: Any) -> Verdict:
    return judge(held, before, progress, **{"stale_after_s": 30, "has_been_current": True} | more)


@pytest.mark.parametrize(
    ("held", "progress", "kind", "reason"),
    [
        (stored(9), CURRENT, "found", None),
        (stored(9), BEHIND, "found", "updates_behind"),
        (stored(9), FILLING, "found", "rebuilding"),
        (stored(9, epoch="d"), FILLING, "found", "rebuilding"),
        (stored(9, epoch="d"), CURRENT, "missing", None),
        (stored(9, is_gone=True), CURRENT, "missing", None),
        (stored(9, is_gone=True), FILLING, "unknown", None),
        (None, CURRENT, "missing", None),
        (None, BEHIND, "missing", None),
        (None, FILLING, "unknown", None),
        (None, EMPTY, "unknown", None),
    ],
)
def test_what_redis_says_is_answered(held: Stored | None, progress: Progress, kind: str, reason: str) -> None:
    """Found, missing, or not known yet; stale where it may be."""
    got = verdict(held, None, progress)
    assert (got.kind, got.stale_reason) == (kind, reason)


def test_a_process_that_was_never_current_does_not_deny() -> None:
    """Redis was filled long ago, and this process does not know what came since."""
    assert verdict(None, None, BEHIND, has_been_current=False).kind == "unknown"


@pytest.mark.parametrize(
    "held", [None, stored(4), stored(4, is_gone=True), stored(7, epoch="d"), stored(1, partition=1)]
)
@pytest.mark.parametrize("progress", [CURRENT, BEHIND, FILLING, EMPTY])
def test_nothing_older_than_before_is_answered(held: Stored | None, progress: Progress) -> None:
    """Redis went back: what was answered is answered again, and said to be perhaps out of date."""
    before = stored(9)
    got = verdict(held, before, progress, seconds_since_before=1.0)
    assert (got.kind, got.stored, got.is_of_redis) == ("found", before, False)
    assert got.stale_reason == ("redis_behind" if progress.is_complete else "rebuilding")


def test_a_removal_that_was_answered_is_not_taken_back() -> None:
    """An older record does not bring the product to life again."""
    got = verdict(stored(4), stored(9, is_gone=True), FILLING, seconds_since_before=1.0)
    assert (got.kind, got.is_of_redis) == ("missing", False)


@pytest.mark.parametrize("held", [None, stored(4)])
def test_redis_is_believed_once_it_was_at_the_end_later(held: Stored | None) -> None:
    """It was at the end of the topic after we got our answer from it: then that is what there is."""
    got = verdict(held, stored(9, epoch="d"), CURRENT, seconds_since_before=20.0)
    assert (got.kind, got.stored) == (("missing", None) if held is None else ("found", held))


def test_the_same_or_a_newer_record_is_taken_at_once() -> None:
    """Whichever filling of Redis it comes from."""
    for held in (stored(9), stored(10), stored(10, is_gone=True)):
        assert verdict(held, stored(9, epoch="d"), CURRENT).stored is held
