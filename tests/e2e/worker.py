"""An enrich worker with a model that costs little, which kills itself at a named point of delivery if told to.

python tests/e2e/worker.py [CHECKPOINT:COUNT] [seconds a token]
"""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streams import logs, settings
from streams.app import run_worker
from streams.cli.console import run_async, stop_on_signals
from streams.roles.parts import Parts
from tests.fakes import FakePreparer, FakeReader, fake_composer


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


async def main(parts: Parts) -> None:
    loaded = settings.load()
    logs.configure(loaded.log.level, "json", role="enrich")
    await run_worker("enrich", loaded, stop=stop_on_signals(), parts=parts)


if __name__ == "__main__":
    failpoint, _, nth = (sys.argv[1] if len(sys.argv) > 1 else "").partition(":")
    cost = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    made = Parts(
        load_readers=lambda _settings: {"en": FakeReader(seconds_a_token=cost)},
        load_preparer=lambda _settings: FakePreparer(),
        load_composer=lambda _settings: fake_composer(),
        checkpoint=Killer(failpoint, int(nth or 1)),
    )
    run_async(main(made))
