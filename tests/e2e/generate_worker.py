"""A generate worker with a composer that costs nothing, which kills itself at a named point if told to.

python tests/e2e/generate_worker.py [CHECKPOINT:COUNT]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from streams import logs, settings
from streams.app import run_worker
from streams.cli.console import run_async, stop_on_signals
from streams.roles.parts import Parts
from tests.e2e.rolling_worker import nothing_loads
from tests.e2e.worker import Killer
from tests.fakes import fake_composer


async def main(parts: Parts) -> None:
    loaded = settings.load()
    logs.configure(loaded.log.level, "json", role="generate")
    await run_worker("generate", loaded, stop=stop_on_signals(), parts=parts)


if __name__ == "__main__":
    failpoint, _, nth = (sys.argv[1] if len(sys.argv) > 1 else "").partition(":")
    checkpoint = Killer(failpoint, int(nth or 1))
    run_async(main(Parts(nothing_loads, nothing_loads, lambda _settings: fake_composer(), checkpoint)))
