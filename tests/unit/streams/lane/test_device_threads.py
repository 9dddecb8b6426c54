import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from streams.errors import FatalError
from streams.lane import device_threads
from streams.lane.device_threads import _MAX_ABANDONED, DeviceThreads, HungError

PATIENCE_S = 5.0


@pytest.fixture
def device() -> Iterator[DeviceThreads]:
    device = DeviceThreads("test-device")
    device.start()
    yield device
    device.stop()


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What hung calls wait for; set at the end, so that their threads end too."""
    event = threading.Event()
    yield event
    event.set()


async def test_calls_run_one_at_a_time_in_order_on_one_thread(device: DeviceThreads) -> None:
    """The device has one owner, and whoever asked first is served first."""
    seen: list[tuple[int, str]] = []
    calls = [
        device.run(lambda n=n: seen.append((n, threading.current_thread().name)) or n, PATIENCE_S)
        for n in range(5)
    ]
    results = await asyncio.gather(*calls)
    assert [result for result, _, _ in results] == list(range(5))
    assert seen == [(n, "test-device") for n in range(5)]


async def test_start_and_duration_are_told(device: DeviceThreads) -> None:
    """The moment a call started lies between asking and answering, and its seconds are its own."""
    before = time.monotonic()
    _, started, seconds = await device.run(lambda: time.sleep(0.01), PATIENCE_S)
    assert before <= started <= started + seconds <= time.monotonic()
    assert seconds >= 0.01


async def test_an_exception_belongs_to_the_caller(device: DeviceThreads) -> None:
    """What a call raises is raised to whoever asked, and the thread serves the next."""

    def fail() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await device.run(fail, PATIENCE_S)
    assert (await device.run(lambda: 1, PATIENCE_S))[0] == 1


async def test_even_an_exit_does_not_end_the_thread(device: DeviceThreads) -> None:
    """A panic of native code, which is no `Exception`, is an ordinary error of its call, and costs only that."""

    class PanicError(BaseException):
        pass

    def panic() -> None:
        raise PanicError

    with pytest.raises(RuntimeError, match="PanicError"):
        await device.run(panic, PATIENCE_S)
    assert (await device.run(lambda: 1, PATIENCE_S))[0] == 1


async def test_a_hung_call_is_given_up_and_the_next_is_served(
    device: DeviceThreads, never: threading.Event
) -> None:
    """A call that never returns costs its timeout; calls that waited behind it and later ones are answered."""
    hung = asyncio.create_task(device.run(never.wait, 0.05))
    behind = asyncio.create_task(device.run(lambda: "behind", PATIENCE_S))
    with pytest.raises(HungError, match=r"0\.05 s"):
        await hung
    assert (await behind)[0] == "behind"
    assert (await device.run(lambda: "later", PATIENCE_S))[0] == "later"


async def test_a_call_that_waits_has_no_more_than_its_time(
    device: DeviceThreads, never: threading.Event
) -> None:
    """Only what others took from a thread is granted on top."""
    with pytest.raises(HungError):
        async with asyncio.timeout(PATIENCE_S):
            await device.run(never.wait, 0.6)


async def test_a_call_that_hardly_computes_is_given_up_after_ten_times_its_time(
    device: DeviceThreads, never: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hang that looks like starvation, with two thousandths of a core, would have five hundred times as long."""
    monkeypatch.setattr(device_threads, "_computed_s", lambda _clock: time.monotonic() / 500)
    with pytest.raises(HungError):
        async with asyncio.timeout(PATIENCE_S):
            await device.run(never.wait, 0.02)


async def test_a_hung_call_that_returns_late_disturbs_nobody(device: DeviceThreads) -> None:
    """The given-up thread ends when its call returns; it takes no further call."""
    gate = threading.Event()
    threads: list[threading.Thread] = []

    def hang() -> None:
        threads.append(threading.current_thread())
        gate.wait(PATIENCE_S)

    with pytest.raises(HungError):
        await device.run(hang, 0.05)
    gate.set()
    await asyncio.to_thread(threads[0].join, PATIENCE_S)
    assert not threads[0].is_alive()
    assert (await device.run(threading.current_thread, PATIENCE_S))[0] is not threads[0]


async def test_waiting_for_its_turn_does_not_count(device: DeviceThreads) -> None:
    """The timeout is for a call itself: a long queue is no hang."""
    gate = threading.Event()
    first = asyncio.create_task(device.run(lambda: gate.wait(PATIENCE_S), PATIENCE_S))
    second = asyncio.create_task(device.run(lambda: "second", 0.02))
    await asyncio.sleep(0.1)
    assert not second.done()
    gate.set()
    await first
    assert (await second)[0] == "second"


async def test_too_many_hung_calls_end_the_worker(device: DeviceThreads, never: threading.Event) -> None:
    """Threads are not collected without end: after so many, the process has to start anew."""
    for _ in range(_MAX_ABANDONED):
        with pytest.raises(HungError):
            await device.run(never.wait, 0.005)
    with pytest.raises(FatalError, match="calls hang"):
        await device.run(never.wait, 0.005)


async def test_a_device_that_gave_up_does_not_keep_later_calls_waiting(
    device: DeviceThreads, never: threading.Event
) -> None:
    """Once too many calls hang no thread serves the queue, and a call that comes then must learn of it."""
    for _ in range(_MAX_ABANDONED + 1):
        with pytest.raises((HungError, FatalError)):
            await device.run(never.wait, 0.005)
    with pytest.raises((HungError, FatalError)):
        async with asyncio.timeout(20):  # a TimeoutError here: the call waits for ever
            await device.run(lambda: 1, 0.05)


async def test_calls_that_hang_and_return_are_forgotten(device: DeviceThreads) -> None:
    """Only threads that still hang count against the limit."""
    for _ in range(_MAX_ABANDONED + 3):
        gate = threading.Event()
        threads: list[threading.Thread] = []

        def hang(gate: threading.Event = gate, threads: list[threading.Thread] = threads) -> None:
            threads.append(threading.current_thread())
            gate.wait(PATIENCE_S)

        with pytest.raises(HungError):
            await device.run(hang, 0.005)
        gate.set()
        await asyncio.to_thread(threads[0].join, PATIENCE_S)


@pytest.mark.thorough
class TestStarved:
    """Time that others had does not count as the model's."""

    async def test_a_thread_that_gets_few_turns_does_not_hang(self, device: DeviceThreads) -> None:
        """A call that takes longer than its timeout, since others compute too, is answered; its own work is less."""
        is_over = threading.Event()

        def compute(until: Callable[[], bool]) -> float:
            before = time.thread_time()
            while not until():
                sum(range(1000))
            return time.thread_time() - before

        def call() -> float:
            end = time.monotonic() + 3.0
            return compute(lambda: time.monotonic() > end)

        rivals = [threading.Thread(target=compute, args=[is_over.is_set], daemon=True) for _ in range(6)]
        for rival in rivals:
            rival.start()
        try:
            computed_s, _, took_s = await device.run(call, 2.0)
        finally:
            is_over.set()
        assert computed_s < 2.0 < took_s

    def test_a_process_that_was_stopped_for_long_does_not_hang(self) -> None:
        """A stopped process, or a virtual machine that was paused, goes on with the call that it was in."""
        with subprocess.Popen(
            [sys.executable, "-c", _STOPPED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(4)
            os.kill(process.pid, signal.SIGCONT)
            told, errors = process.communicate(timeout=30)
        assert told == "answered\n", errors

    async def test_computing_now_and_then_is_no_way_out(self, device: DeviceThreads) -> None:
        """A call that polls for ever computes a little at each look; it is given up all the same."""
        is_over = threading.Event()

        def poll() -> None:
            while not is_over.wait(0.001):
                pass

        try:
            with pytest.raises(HungError):
                async with asyncio.timeout(PATIENCE_S):
                    await device.run(poll, 0.05)
        finally:
            is_over.set()


_STOPPED = """
import asyncio, time
from streams.lane.device_threads import DeviceThreads

async def main():
    device = DeviceThreads("stopped")
    device.start()

    def work():
        print("begun", flush=True)
        until = time.thread_time() + 0.3
        while time.thread_time() < until:
            sum(range(1000))
        return "answered"

    print((await device.run(work, 3.0))[0], flush=True)

asyncio.run(main())
"""
