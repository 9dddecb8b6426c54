"""Carries chunks through a handler, several at once, and delivers their effects in order per partition."""

import asyncio
from collections.abc import Callable

import structlog

from streams.delivery.intake import Chunk, Intake, Lease
from streams.delivery.records import Effects, Handler
from streams.delivery.sink import Checkpoint, Sink, pass_by
from streams.errors import LeaseLostError

log = structlog.get_logger(__name__)

#: Called after each delivered chunk with what it did and the seconds its delivery took.
Observer = Callable[[Chunk, Effects, float], None]


class Pump:
    """The loop of a role's agent.

    Handlers of several chunks run at the same time, so that one is tokenised while another is on the
    device and a third is being published. Deliveries of one partition keep the order of its chunks.

    Args:
        intake: where chunks come from.
        handler: decides what a chunk does.
        sink: makes it so.
        observe: told of every delivered chunk.
        checkpoint: called by name at the points where a crash is most interesting.
    """

    def __init__(
        self,
        intake: Intake,
        handler: Handler,
        sink: Sink,
        *,
        observe: Observer = lambda _chunk, _effects, _seconds: None,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self._intake = intake
        self._handler = handler
        self._sink = sink
        self._observe = observe
        self._checkpoint = checkpoint

    async def run(self) -> None:
        """Carry chunks until cancelled.

        Raises:
            BaseExceptionGroup: the handler or the sink is broken. Nothing of the chunks in flight is marked
                done, so whoever reads next from the committed offset gets them again.
        """
        last_of: dict[Lease, asyncio.Event] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                chunk = await self._intake.next()
                last_of = {lease: settled for lease, settled in last_of.items() if lease.is_held}
                previous = last_of.get(chunk.lease)
                settled = last_of[chunk.lease] = asyncio.Event()
                group.create_task(self._carry(chunk, previous, settled))

    async def _carry(self, chunk: Chunk, previous: asyncio.Event | None, settled: asyncio.Event) -> None:
        try:
            effects = await self._handler(chunk.records)
            if previous is not None:
                await previous.wait()
            await self._deliver(chunk, effects)
        except LeaseLostError as lost:
            if chunk.lease.is_held:
                raise  # then nobody would read this chunk again
            log.info("chunk dropped, its partition has another owner", lease=repr(chunk.lease), why=str(lost))
        finally:
            await asyncio.shield(self._intake.release(chunk))
        settled.set()  # not after an error: the next chunk must not overtake one that was not delivered

    async def _deliver(self, chunk: Chunk, effects: Effects) -> None:
        if not chunk.lease.is_held:
            raise LeaseLostError("revoked before delivery")
        started = asyncio.get_running_loop().time()
        await self._sink.deliver(chunk, effects)
        self._checkpoint("before_done")
        if chunk.lease.is_held:
            self._intake.mark_done(chunk)
        self._observe(chunk, effects, asyncio.get_running_loop().time() - started)
