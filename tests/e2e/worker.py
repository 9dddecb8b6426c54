"""An enrich worker with a model that costs little, which kills itself at a named point of delivery if told to.

python tests/e2e/worker.py [CHECKPOINT:COUNT] [seconds a token]
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streams import logs, settings
from streams.app import run_role
from streams.cli.console import run_async, stop_on_signals
from streams.worker.role import Role
from tests.fakes import FakeReader
from tests.roles import enrich_role


class Killer:
    """A checkpoint that ends this process, without any clean-up, the `count`-th time it is passed."""

    def __init__(self, name: str, count: int) -> None:
        self.name = name
        self.remaining = count

    def __call__(self, name: str) -> None:
        if name == self.name:
            self.remaining -= 1
            if self.remaining <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def killer_of(arguments: Sequence[str]) -> Killer:
    """As the first argument says: CHECKPOINT:COUNT."""
    failpoint, _, nth = (arguments[0] if arguments else "").partition(":")
    return Killer(failpoint, int(nth or 1))


def main(role: Role) -> None:
    """Run a worker of the role until SIGTERM."""
    loaded = settings.load()
    logs.configure(loaded.log.level, "json", role=role.name)

    async def work() -> None:
        await run_role(role, loaded, stop=stop_on_signals())

    run_async(work())


if __name__ == "__main__":
    cost = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    main(enrich_role(FakeReader(seconds_a_token=cost), checkpoint=killer_of(sys.argv[1:])))
