"""The composition root: runs a role until it is told to stop."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from streams.errors import FatalError
from streams.roles.enrich.worker import EnrichWorker
from streams.roles.generate.worker import GenerateWorker
from streams.roles.parts import Parts, default_parts
from streams.roles.rolling.worker import RollingWorker
from streams.roles.serve.worker import run_serving
from streams.settings import Settings
from streams.worker.stream_worker import StreamWorker

_WORKERS: dict[str, Callable[[Settings, Parts, AsyncExitStack, int], StreamWorker]] = {
    "enrich": EnrichWorker,
    "rolling": RollingWorker,
    "generate": GenerateWorker,
}

#: The roles that exist, each with its offset from `http.port`.
ROLES = {"serve": 0, "enrich": 1, "rolling": 2, "generate": 3}


async def run_worker(
    role: str, settings: Settings, *, stop: asyncio.Event, parts: Parts | None = None
) -> None:
    """Run one role until `stop` is set; then finish what is in flight, and return.

    Raises:
        FatalError: the worker cannot go on; nothing of what it had in flight is lost.
    """
    if role not in ROLES:
        raise FatalError(f"worker: wanted one of {', '.join(ROLES)}, got {role!r}")
    if role == "serve":
        await run_serving(settings, stop=stop)
        return
    async with AsyncExitStack() as stack:
        worker = _WORKERS[role](settings, parts or default_parts(), stack, ROLES[role])
        await worker.run(stop)
