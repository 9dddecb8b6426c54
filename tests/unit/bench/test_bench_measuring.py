"""The measuring itself: rates from timestamps, lost results, CPU accounts, the ideal batcher."""

import asyncio
import time
from dataclasses import dataclass

import orjson
import pytest

from streams.errors import ConfigurationError, FatalError
from tests.bench.contenders import Contender
from tests.bench.drain import recount
from tests.bench.enrich import Options, keys_of
from tests.bench.latency import cost_of, ideal_latencies
from tests.bench.stages import Account, BookedCoroutine

CONTENDER = Contender("someone", "a.module", "Someone")


@dataclass(frozen=True)
class Result:
    """A record of an output topic."""

    timestamp: int
    value: bytes


def results(*at_ms: int) -> list[Result]:
    return [
        Result(at, orjson.dumps({"review_id": f"r{n}", "label": "positive"})) for n, at in enumerate(at_ms)
    ]


def test_the_rate_is_taken_between_the_first_results_and_the_last() -> None:
    """What came with the first took its time before the clock started, so it does not count."""
    drained = recount(CONTENDER, results(1_000, 1_000, 1_500, 2_000, 3_000), {f"r{n}" for n in range(5)})
    assert drained.rps == 3 / 2
    assert drained.seconds == 2


def test_a_lost_result_fails_the_run() -> None:
    """A contender that loses a review must not look fast."""
    with pytest.raises(FatalError, match="lost 1 of 3"):
        recount(CONTENDER, results(1_000, 2_000), {"r0", "r1", "r2"})


def test_a_result_nobody_asked_for_fails_the_run() -> None:
    """Nor one that makes reviews up."""
    with pytest.raises(FatalError, match="made up 1"):
        recount(CONTENDER, results(1_000, 2_000), {"r0"})


def test_repeats_are_counted() -> None:
    """Twice is not lost, and is told."""
    twice = results(1_000, 2_000) + results(3_000)
    assert recount(CONTENDER, twice, {"r0", "r1"}).repeats == 1


def test_the_ideal_batcher_keeps_its_budget_and_its_streams() -> None:
    """Two that come together are one batch if they fit, else two, at the same time if there are two streams."""

    def one_second(_reviews: int, _tokens: int) -> float:
        return 1.0

    arrivals, tokens = [0.0, 0.0], [60, 60]
    assert ideal_latencies(arrivals, tokens, one_second, streams=1, max_tokens=120) == [1, 1]
    assert ideal_latencies(arrivals, tokens, one_second, streams=1, max_tokens=100) == [1, 2]
    assert ideal_latencies(arrivals, tokens, one_second, streams=2, max_tokens=100) == [1, 1]


def test_the_cost_of_a_forward_pass_is_fitted() -> None:
    """A constant, so much a review, so much a token; and never less than the shortest that was measured."""
    cost = cost_of([(r, t, 0.002 + 0.001 * r + 0.0001 * t) for r in (1, 4, 9) for t in (20, 300, 500)])
    assert cost(2, 100) == pytest.approx(0.014)
    assert cost(0, 0) == pytest.approx(0.005)


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_time_is_booked_once() -> None:
    """What a stage does for another is the other's, so the sum of the stages is the whole."""
    account = Account()

    def outer() -> None:
        burn(0.02)
        account.run("inner", lambda: burn(0.03))

    before = time.thread_time()
    account.run("outer", outer)
    whole = time.thread_time() - before
    assert account.seconds["outer"] == pytest.approx(0.02, rel=0.2)
    assert account.seconds["inner"] == pytest.approx(0.03, rel=0.2)
    assert sum(account.seconds.values()) == pytest.approx(whole, rel=0.05)


async def test_a_booked_coroutine_behaves_like_itself() -> None:
    """Results, exceptions and cancellations pass; only steps are booked, not what is waited for."""
    account = Account()

    async def work(value: int) -> int:
        burn(0.01)
        await asyncio.sleep(0.05)
        if value < 0:
            raise ValueError(value)
        return value * 2

    async def caller() -> int:
        return await BookedCoroutine(work(4), "work", account)

    assert await asyncio.create_task(BookedCoroutine(work(2), "work", account)) == 4
    assert await caller() == 8
    with pytest.raises(ValueError, match="-1"):
        await BookedCoroutine(work(-1), "work", account)
    task = asyncio.create_task(BookedCoroutine(work(1), "work", account))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert account.seconds["work"] == pytest.approx(0.04, rel=0.3)


def test_only_takes_known_keys_and_refuses_others() -> None:
    """A key that does not exist is a mistake, not an empty run; the names of the report's keys are fine too."""
    assert keys_of("pipeline_rps, latency") == {"pipeline", "latency"}
    with pytest.raises(ConfigurationError, match="latenzy"):
        keys_of("latenzy")


def test_latency_measures_the_capacity_it_needs() -> None:
    """Its loads are shares of what the pipeline reached."""
    options = Options(reviews=[], only=frozenset({"latency"}))
    assert options.wants("pipeline")
    assert not options.wants("infinity")
