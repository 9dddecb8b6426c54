import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import FatalError
from streams.local.child_process import Guardian
from streams.local.supervisor import GiveUp, Restart, RestartPolicy, SupervisorEvent, decide, supervise

POLICIES = st.builds(
    RestartPolicy,
    first_delay_s=st.floats(0.1, 10),
    max_delay_s=st.floats(10, 100),
    healthy_after_s=st.floats(1, 1000),
    max_failed_starts=st.integers(1, 5000),
)
QUICK = RestartPolicy(first_delay_s=0.01, max_delay_s=0.02, healthy_after_s=60, max_failed_starts=3)


class TestDecide:
    @given(POLICIES, st.integers(0, 4999), st.floats(0, 2000))
    def test_delays_are_bounded(self, policy: RestartPolicy, failed_starts: int, lived_s: float) -> None:
        """Whatever happened, a restart waits at least the first and at most the longest delay."""
        decision = decide(policy, failed_starts, lived_s)
        if isinstance(decision, Restart):
            assert policy.first_delay_s <= decision.delay_s <= policy.max_delay_s

    @given(POLICIES)
    def test_failing_at_once_ends_after_the_allowed_starts(self, policy: RestartPolicy) -> None:
        """A role that never gets healthy is started exactly as often as allowed; delays never shrink."""
        failed_starts, delays = 0, []
        starts = 0
        while True:
            starts += 1
            decision = decide(policy, failed_starts, lived_s=0)
            failed_starts = decision.failed_starts
            if isinstance(decision, GiveUp):
                break
            delays.append(decision.delay_s)
        assert starts == policy.max_failed_starts
        assert delays == sorted(delays)

    @given(POLICIES, st.integers(0, 4999))
    def test_a_healthy_life_forgives(self, policy: RestartPolicy, failed_starts: int) -> None:
        """After a healthy life the count starts anew, however many starts had failed before."""
        decision = decide(policy, failed_starts, policy.healthy_after_s)
        assert decision == Restart(policy.first_delay_s, failed_starts=0)

    def test_the_delay_doubles_up_to_the_longest(self) -> None:
        """Delays are 1, 2, 4, 8, 16 and then 30 seconds where the policy allows enough starts."""
        policy = RestartPolicy(max_failed_starts=10)
        decisions = [decide(policy, failed, lived_s=0) for failed in range(7)]
        assert [d.delay_s for d in decisions if isinstance(d, Restart)] == [1, 2, 4, 8, 16, 30, 30]


@dataclass
class FakeChild:
    """Ends by itself with an exit code, or runs until it is stopped."""

    pid: int
    ends_with: int | None
    stopped_after_s: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> int:
        if self.ends_with is None:
            await self.ended.wait()
        return -signal.SIGTERM if self.ends_with is None else self.ends_with

    async def stop(self, timeout_s: float) -> int:
        self.stopped_after_s = timeout_s
        self.ended.set()
        return await self.wait()


class FakeWorld:
    """Starts fake children, tells fake time, and remembers everything.

    `lives` says for each start of a command's role how it goes: (seconds, exit code), or None to run on.
    """

    def __init__(self, **lives: list[tuple[float, int] | None]) -> None:
        self.lives = {role: iter(of_role) for role, of_role in lives.items()}
        self.commands = {role: [role] for role in lives}
        self.children: list[FakeChild] = []
        self.events: list[SupervisorEvent] = []
        self.slept: list[float] = []
        self.time = self.lived_s = 0.0
        self.stop = asyncio.Event()
        self.environments: list[Mapping[str, str] | None] = []
        self.running = asyncio.Event()

    async def spawn(self, command: Sequence[str], environment: Mapping[str, str] | None) -> FakeChild:
        self.environments.append(environment)
        life = next(self.lives[command[0]])
        child = FakeChild(len(self.children) + 1, None if life is None else life[1])
        self.children.append(child)
        if life is None:
            self.running.set()
        else:
            self.lived_s = life[0]
        return child

    def now(self) -> float:
        return self.time

    def report(self, event: SupervisorEvent) -> None:
        self.events.append(event)
        if event.kind == "exited":
            self.time += self.lived_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def supervise(self) -> int:
        return await supervise(
            self.commands,
            spawn=self.spawn,
            stop=self.stop,
            report=self.report,
            environment={"WHERE": "here"},
            stop_timeout_s=7,
            now=self.now,
            sleep=self.sleep,
        )

    def kinds(self, role: str) -> list[str]:
        return [event.kind for event in self.events if event.role == role]


class TestSuperviseWithFakes:
    async def test_a_role_that_ends_is_started_again(self) -> None:
        """Every end is followed by a restart after the policy's delay, until `stop`; then it returns 0."""
        world = FakeWorld(enrich=[(1, 1), (1, 0), None])
        running = asyncio.create_task(world.supervise())
        await world.running.wait()
        world.stop.set()
        assert await running == 0
        once = ["started", "exited", "restarting"]
        assert world.kinds("enrich") == [*once, *once, "started", "stopped"]
        assert world.slept == [1, 2]
        assert world.environments == [{"WHERE": "here"}] * 3

    async def test_a_healthy_life_resets_the_backoff(self) -> None:
        """After a healthy life the next wait is the first one again."""
        world = FakeWorld(enrich=[(1, 1), (1, 1), (60, 1), (1, 1), None])
        running = asyncio.create_task(world.supervise())
        await world.running.wait()
        world.stop.set()
        await running
        assert world.slept == [1, 2, 1, 1]

    async def test_repeated_failure_gives_up_and_stops_the_others(self) -> None:
        """After five failed starts in a row the role is given up, the others stopped, and it returns 1."""
        world = FakeWorld(enrich=[(1, 3)] * 5, rolling=[None])
        assert await world.supervise() == 1
        assert world.kinds("enrich").count("started") == 5
        assert world.events[-2] == SupervisorEvent("enrich", "gave_up", exit_code=3, failed_starts=5)
        assert world.events[-1] == SupervisorEvent("rolling", "stopped", pid=2, exit_code=-signal.SIGTERM)
        assert world.children[1].stopped_after_s == 7

    async def test_a_command_that_cannot_run_is_an_error(self) -> None:
        """A command that cannot be started raises, with the role's name, after the others are stopped."""
        world = FakeWorld(rolling=[None], enrich=[])

        async def spawn(command: Sequence[str], environment: Mapping[str, str] | None) -> FakeChild:
            if command == ["enrich"]:
                raise FileNotFoundError("no such file")
            return await world.spawn(command, environment)

        with pytest.raises(FatalError, match="wanted to run role enrich as enrich; got no such file; check"):
            await supervise(
                world.commands, spawn=spawn, stop=world.stop, report=world.report, stop_timeout_s=7
            )
        assert world.kinds("rolling") == ["started", "stopped"]

    async def test_cancellation_stops_the_children(self) -> None:
        """A cancelled supervisor leaves no child running."""
        world = FakeWorld(enrich=[None], rolling=[None])
        running = asyncio.create_task(world.supervise())
        await world.running.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert [child.ended.is_set() for child in world.children] == [True] * len(world.children)

    async def test_a_child_that_hangs_is_killed_and_started_again(self) -> None:
        """Its end is no failed start if it lived long enough; the child in its place is watched anew."""
        world = FakeWorld(enrich=[None, None])
        watched = 0

        async def until_hung(role: str) -> None:
            nonlocal watched
            assert role == "enrich"
            watched += 1
            if watched == 2:
                world.stop.set()
                await asyncio.Event().wait()

        async with asyncio.timeout(5):
            code = await supervise(
                world.commands,
                spawn=world.spawn,
                stop=world.stop,
                report=world.report,
                stop_timeout_s=7,
                until_hung=until_hung,
                sleep=world.sleep,
            )
        assert code == 0
        assert world.kinds("enrich") == ["started", "hangs", "exited", "restarting", "started", "stopped"]
        assert [child.stopped_after_s for child in world.children] == [5, 7]


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


class TestSuperviseRealProcesses:
    async def test_a_crashing_child_is_restarted_then_given_up(self, tmp_path: Path) -> None:
        """A real child that crashes is started as often as allowed, its exit code reported, then given up."""
        starts, events = tmp_path / "starts", list[SupervisorEvent]()
        command = python(f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(3)")
        with Guardian() as guardian:
            code = await supervise(
                {"enrich": command},
                spawn=guardian.spawn,
                stop=asyncio.Event(),
                stop_timeout_s=5,
                report=events.append,
                policy=QUICK,
            )
        assert code == 1
        assert starts.read_text() == "xxx"
        assert [event.exit_code for event in events if event.kind == "exited"] == [3, 3, 3]
        assert events[-1].kind == "gave_up"

    async def test_a_child_that_ignores_sigterm_is_killed(self, tmp_path: Path) -> None:
        """A child that does not end on SIGTERM is killed after the limit; one that does ends by itself."""
        events, stop = list[SupervisorEvent](), asyncio.Event()
        commands = {
            role: python(
                "import pathlib, signal, sys, time\n"
                f"signal.signal(signal.SIGTERM, {on_sigterm})\n"
                f"pathlib.Path({str(tmp_path / role)!r}).touch()\n"
                "time.sleep(600)"
            )
            for role, on_sigterm in {
                "stubborn": "signal.SIG_IGN",
                "obedient": "lambda *_: sys.exit(0)",
            }.items()
        }
        with Guardian() as guardian:
            running = asyncio.create_task(
                supervise(
                    commands,
                    spawn=guardian.spawn,
                    stop=stop,
                    report=events.append,
                    stop_timeout_s=0.5,
                )
            )
            while len(os.listdir(tmp_path)) < 2:  # noqa: ASYNC110, PTH208 - a file is what a child can give
                await asyncio.sleep(0.01)
            stop.set()
            assert await running == 0
        stopped = {event.role: event.exit_code for event in events if event.kind == "stopped"}
        assert stopped == {"stubborn": -signal.SIGKILL, "obedient": 0}

    async def test_a_stopped_child_is_killed_and_started_again(self) -> None:
        """A real child that SIGSTOP froze would never end by itself; another has its place."""
        events, stop = list[SupervisorEvent](), asyncio.Event()

        async def until_hung(_role: str) -> None:
            if len(events) > 1:
                stop.set()
                await asyncio.Event().wait()
            os.kill(events[0].pid or 0, signal.SIGSTOP)

        with Guardian() as guardian:
            async with asyncio.timeout(60):
                code = await supervise(
                    {"enrich": python("import time; time.sleep(600)")},
                    spawn=guardian.spawn,
                    stop=stop,
                    stop_timeout_s=5,
                    report=events.append,
                    until_hung=until_hung,
                    policy=QUICK,
                )
        assert code == 0
        assert [event.kind for event in events][:5] == ["started", "hangs", "exited", "restarting", "started"]
        assert events[2].exit_code in {-signal.SIGTERM, -signal.SIGKILL}

    async def test_the_children_get_their_environment(self, tmp_path: Path) -> None:
        """The environment given is the one the child has."""
        seen = tmp_path / "seen"
        command = python(f"import os; open({str(seen)!r}, 'w').write(os.environ['WHERE'])")
        policy = RestartPolicy(max_failed_starts=1)
        with Guardian() as guardian:
            await supervise(
                {"enrich": command},
                spawn=guardian.spawn,
                stop=asyncio.Event(),
                stop_timeout_s=5,
                report=lambda _: None,
                policy=policy,
                environment={"WHERE": "here"},
            )
        assert seen.read_text() == "here"
