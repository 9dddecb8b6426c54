"""The supervisor of `reviewstream up`: keeps one child process a role running, or gives up and says so."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from streams.errors import FatalError

#: What hangs will hardly hear SIGTERM; SIGKILL loses nothing.
_HUNG_STOP_S = 5.0


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When a role that ended is started again.

    Attributes:
        first_delay_s: the wait after the first failed start; it doubles with each further one in a row.
        max_delay_s: the longest wait.
        healthy_after_s: a start that lives this long has not failed, whatever ends it.
        max_failed_starts: so many failed starts in a row, and the supervisor gives up.
        hopeless_exit_codes: what a role ends with if starting it again cannot help.
    """

    first_delay_s: float = 1.0
    max_delay_s: float = 30.0
    healthy_after_s: float = 60.0
    max_failed_starts: int = 5
    hopeless_exit_codes: frozenset[int] = frozenset({2})


@dataclass(frozen=True, slots=True)
class Restart:
    """Start the role again after `delay_s`, with `failed_starts` in a row behind it."""

    delay_s: float
    failed_starts: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not start the role again: `failed_starts` in a row are enough."""

    failed_starts: int


def decide(policy: RestartPolicy, failed_starts: int, lived_s: float) -> Restart | GiveUp:
    """What to do about a role that ended.

    Args:
        policy: when to start it again.
        failed_starts: how many starts in a row had failed before this one.
        lived_s: seconds between this start and its end.

    >>> decide(RestartPolicy(), failed_starts=0, lived_s=0.2)
    Restart(delay_s=1.0, failed_starts=1)
    >>> decide(RestartPolicy(), failed_starts=2, lived_s=0.2)
    Restart(delay_s=4.0, failed_starts=3)
    >>> decide(RestartPolicy(), failed_starts=4, lived_s=3600)
    Restart(delay_s=1.0, failed_starts=0)
    >>> decide(RestartPolicy(), failed_starts=4, lived_s=0.2)
    GiveUp(failed_starts=5)
    """
    if lived_s >= policy.healthy_after_s:
        return Restart(min(policy.first_delay_s, policy.max_delay_s), 0)
    failed_starts += 1
    if failed_starts >= policy.max_failed_starts:
        return GiveUp(failed_starts)
    doublings = min(failed_starts - 1, 64)  # far beyond any longest wait, and no float overflow
    return Restart(min(policy.first_delay_s * 2.0**doublings, policy.max_delay_s), failed_starts)


@dataclass(frozen=True, slots=True)
class SupervisorEvent:
    """Something that happened to a role. A child that `hangs` is killed, and so exits next.

    Attributes:
        pid: the child's process id; None for `restarting` and `gave_up`, which have no child.
        exit_code: of `exited`, `gave_up` and `stopped`; minus the number of the signal that ended it.
        delay_s: of `restarting`: the wait before the next start.
        failed_starts: of `restarting` and `gave_up`: failed starts in a row.
    """

    role: str
    kind: Literal["started", "hangs", "exited", "restarting", "gave_up", "stopped"]
    pid: int | None = None
    exit_code: int | None = None
    delay_s: float | None = None
    failed_starts: int | None = None


class SupervisedChild(Protocol):
    """A running child (`streams.local.child_process.AsyncChild` fits)."""

    @property
    def pid(self) -> int:
        """The process id."""
        ...

    async def wait(self) -> int:
        """Wait for the end and return the exit code; may be cancelled and called again."""
        ...

    async def stop(self, timeout_s: float) -> int:
        """SIGTERM, at most `timeout_s`, SIGKILL; returns the exit code."""
        ...


#: Starts a command with an environment (None: ours); `streams.local.child_process.Guardian.spawn` fits.
Spawn = Callable[[Sequence[str], Mapping[str, str] | None], Awaitable[SupervisedChild]]


async def _never(_role: str) -> None:
    await asyncio.Event().wait()


async def supervise(
    commands: Mapping[str, Sequence[str]],
    *,
    spawn: Spawn,
    stop: asyncio.Event,
    report: Callable[[SupervisorEvent], None],
    policy: RestartPolicy = RestartPolicy(),
    environment: Mapping[str, str] | None = None,
    stop_timeout_s: float,
    until_hung: Callable[[str], Awaitable[None]] = _never,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> int:
    """Keep every role running until `stop` is set or one of them keeps failing, then stop them all.

    Args:
        commands: the command line of each role.
        spawn: starts a child.
        stop: set it to stop.
        report: called with each event, in order.
        policy: when a role that ended is started again.
        environment: of the children; None: ours.
        stop_timeout_s: how long children may take to end after SIGTERM, before SIGKILL.
        until_hung: given a role whose child was just started, returns when that child hangs.
        now: a clock, in seconds.
        sleep: waits for seconds.

    Returns:
        The exit code: 0 if `stop` was set, 1 if a role was given up.

    Raises:
        FatalError: a command cannot be run at all; the other roles are stopped.
    """
    supervision = _Supervision(spawn, report, policy, environment, stop_timeout_s, until_hung, now, sleep)
    keepers = {
        asyncio.create_task(supervision.keep_running(role, command), name=f"supervise {role}")
        for role, command in commands.items()
    }
    stopper = asyncio.create_task(stop.wait(), name="supervise: stop")
    try:
        await asyncio.wait({*keepers, stopper}, return_when=asyncio.FIRST_COMPLETED)
        ended = {task for task in keepers if task.done()}
    finally:
        for task in (*keepers, stopper):
            task.cancel()
        await asyncio.gather(*keepers, stopper, return_exceptions=True)
    for task in ended:
        task.result()  # raises what ended it, unless the policy did
    return 1 if ended else 0


@dataclass(frozen=True, slots=True)
class _Supervision:
    """What the keepers of all roles share; the attributes are the arguments of `supervise`."""

    spawn: Spawn
    report: Callable[[SupervisorEvent], None]
    policy: RestartPolicy
    environment: Mapping[str, str] | None
    stop_timeout_s: float
    until_hung: Callable[[str], Awaitable[None]]
    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]

    async def keep_running(self, role: str, command: Sequence[str]) -> None:
        """Start the role again and again; return when it is given up; when cancelled, stop it first."""
        failed_starts = 0
        while True:
            started_at = self.now()
            exit_code = await self._run(role, command)
            decision = decide(self.policy, failed_starts, self.now() - started_at)
            if exit_code in self.policy.hopeless_exit_codes:
                decision = GiveUp(failed_starts + 1)
            failed_starts = decision.failed_starts
            if isinstance(decision, GiveUp):
                self.report(
                    SupervisorEvent(role, "gave_up", exit_code=exit_code, failed_starts=failed_starts)
                )
                return
            self.report(
                SupervisorEvent(role, "restarting", delay_s=decision.delay_s, failed_starts=failed_starts)
            )
            await self.sleep(decision.delay_s)

    async def _run(self, role: str, command: Sequence[str]) -> int:
        try:
            child = await self.spawn(command, self.environment)
        except OSError as error:
            raise FatalError(
                f"supervisor: wanted to run role {role} as {' '.join(command)}; got {error}; "
                "check the installation"
            ) from error
        self.report(SupervisorEvent(role, "started", pid=child.pid))
        try:
            exit_code = await self._ended(role, child)
        except asyncio.CancelledError:
            exit_code = await child.stop(self.stop_timeout_s)
            self.report(SupervisorEvent(role, "stopped", pid=child.pid, exit_code=exit_code))
            raise
        self.report(SupervisorEvent(role, "exited", pid=child.pid, exit_code=exit_code))
        return exit_code

    async def _ended(self, role: str, child: SupervisedChild) -> int:
        """The exit code of a child that ends, or hangs and is killed."""
        ending = asyncio.ensure_future(child.wait())
        hanging = asyncio.ensure_future(self.until_hung(role))
        try:
            await asyncio.wait({ending, hanging}, return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                return ending.result()
            hanging.result()
        finally:
            ending.cancel()
            hanging.cancel()
            await asyncio.gather(ending, hanging, return_exceptions=True)
        self.report(SupervisorEvent(role, "hangs", pid=child.pid))
        return await child.stop(_HUNG_STOP_S)
