"""A rolling worker that kills itself at a named point of delivery if told to.

python tests/e2e/rolling_worker.py [CHECKPOINT:COUNT]
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streams import logs, settings
from streams.app import run_worker
from streams.cli.console import run_async, stop_on_signals
from streams.roles.parts import Parts
from tests.e2e.worker import Killer


async def main(parts: Parts) -> None:
    loaded = settings.load()
    logs.configure(loaded.log.level, "json", role="rolling")
    await run_worker("rolling", loaded, stop=stop_on_signals(), parts=parts)


def nothing_loads(_settings: settings.Settings) -> Any:
    """This role has no models."""
    raise AssertionError


if __name__ == "__main__":
    failpoint, _, nth = (sys.argv[1] if len(sys.argv) > 1 else "").partition(":")
    checkpoint = Killer(failpoint, int(nth or 1))
    nothing = Parts(nothing_loads, nothing_loads, nothing_loads, checkpoint)
    run_async(main(nothing))
