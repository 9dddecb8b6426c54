"""Carries chunks through a handler, several at once, and delivers their effects in order per partition."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from streams.delivery.dead_letters import tell_dead_letters
from streams.delivery.intake import Chunk, Intake, Lease
from streams.delivery.records import Effects, Handler, TickHandler
from streams.delivery.sink import Checkpoint, Sink, pass_by
from streams.delivery.sizes import SizeRefusedError, TopicSizes, record_bytes
from streams.errors import LeaseLostError

log = structlog.get_logger(__name__)

#: What chunks are delivered together at most. A chunk is delivered whole, whatever it has grown to.
MAX_DELIVERY_RECORDS = 10_000
MAX_DELIVERY_BYTES = 8 * 1024 * 1024

#: Called after each delivery with what it did and the seconds it took.
Observer = Callable[[Chunk, Effects, float], None]


class _Line:
    """The chunks of one lease, or of all that share tables, in order, from their handler's start to their delivery."""

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self._effects: dict[Chunk, Effects] = {}
        self.is_delivering = False
        self.next_delivery = 0.0

    def enter(self, chunk: Chunk) -> None:
        """Take the next place."""
        self._chunks.append(chunk)

    def finish(self, chunk: Chunk, effects: Effects) -> None:
        """A chunk's effects are known."""
        self._effects[chunk] = effects

    def has_ready(self) -> bool:
        """Whether the effects of the chunk at the head of the line are known."""
        return bool(self._chunks) and self._chunks[0] in self._effects

    def take_ready(self) -> list[tuple[Chunk, Effects]]:
        """The chunks of one lease from the head of the line on whose effects are known, as many as fit one delivery."""
        ready: list[tuple[Chunk, Effects]] = []
        count = size = 0
        while self.has_ready() and (not ready or self._chunks[0].lease is ready[0][0].lease):
            effects = self._effects[self._chunks[0]]
            count += len(effects.outputs) + len(effects.dead_letters)
            size += sum(map(record_bytes, effects.outputs))
            if ready and (count > MAX_DELIVERY_RECORDS or size > MAX_DELIVERY_BYTES):
                break
            ready.append((self._chunks.popleft(), effects))
            del self._effects[ready[-1][0]]
        return ready

    def take_undelivered(self) -> list[Chunk]:
        """The chunks whose effects are known, and stay undelivered."""
        undelivered = [chunk for chunk in self._chunks if chunk in self._effects]
        self._chunks.clear()
        return undelivered

    def __len__(self) -> int:
        return len(self._chunks)


class Pump:
    """The loop of a role's agent.

    Handlers of several chunks run at the same time, so that one is tokenised while another is on the
    device and a third is being published. Deliveries of one partition keep the order of its chunks, and what
    has become ready during one delivery is the next one, together: under load a transaction holds many
    chunks, and a lone chunk waits for nobody.

    Args:
        intake: where chunks come from.
        handler: decides what a chunk does.
        on_tick: decides what the passing of time does, for handlers that want ticks.
        sink: makes it so.
        sizes: what topics take at once; effects are made to fit.
        observe: told of every delivery.
        checkpoint: called by name at the points where a crash is most interesting.
        shares_tables: whether the topics' partitions of one number change the same tables. Then their chunks are
            delivered in the order in which they were handled: a later one holds what an earlier one changed.
    """

    def __init__(
        self,
        intake: Intake,
        handler: Handler,
        sink: Sink,
        *,
        on_tick: TickHandler | None = None,
        sizes: TopicSizes | None = None,
        observe: Observer = lambda _chunk, _effects, _seconds: None,
        checkpoint: Checkpoint = pass_by,
        shares_tables: bool = False,
    ) -> None:
        self._intake = intake
        self._handler = handler
        self._on_tick = on_tick
        self._sink = sink
        self._sizes = sizes or TopicSizes()
        self._observe = observe
        self._checkpoint = checkpoint
        self._shares_tables = shares_tables

    async def run(self) -> None:
        """Carry chunks until cancelled.

        Raises:
            BaseExceptionGroup: the handler or the sink is broken. Nothing of the chunks in flight is marked
                done, so whoever reads next from the committed offset gets them again.
        """
        lines: dict[Lease | int, _Line] = {}
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    chunk = await self._intake.next()
                    lines = {
                        key: line
                        for key, line in lines.items()
                        if isinstance(key, int) or key.is_held or line
                    }
                    key = chunk.lease.partition.partition if self._shares_tables else chunk.lease
                    line = lines.setdefault(key, _Line())
                    line.enter(chunk)
                    group.create_task(self._carry(chunk, line))
        finally:
            for line in lines.values():
                for chunk in line.take_undelivered():
                    await asyncio.shield(self._intake.release(chunk))

    async def _carry(self, chunk: Chunk, line: _Line) -> None:
        try:
            if not chunk.lease.is_held:
                effects = Effects()  # never delivered
            elif chunk.is_tick and self._on_tick is not None:
                effects = await self._on_tick(chunk.lease.partition)
            else:
                effects = await self._handler(chunk.records)
        except BaseException as error:
            if not isinstance(error, LeaseLostError) or chunk.lease.is_held:
                await asyncio.shield(self._intake.release(chunk))
                raise
            effects = Effects()  # its partition went while it was handled; never delivered
        line.finish(chunk, effects)
        if line.is_delivering:
            return  # whoever delivers takes this chunk along
        line.is_delivering = True
        now = asyncio.get_running_loop().time
        while line.has_ready():
            await asyncio.sleep(line.next_delivery - now())
            line.next_delivery = now() + min(self._sink.pause_s, self._intake.gathering_s)
            await self._settle(line.take_ready())
        line.is_delivering = False  # not after an error: nothing may overtake what was not delivered

    async def _settle(self, ready: Sequence[tuple[Chunk, Effects]]) -> None:
        """Deliver consecutive chunks as one, or drop them if their partition is not ours any more."""
        chunk, effects = ready[0] if len(ready) == 1 else _merged(ready)
        try:
            await self._deliver(chunk, effects)
        except LeaseLostError as lost:
            if chunk.lease.is_held:
                # The group does not know it yet. Nobody would read this chunk again, so ask it.
                log.warning("a partition has another owner; joining the group anew", lease=repr(chunk.lease))
                await self._intake.give_up()
            log.info("chunk dropped, its partition has another owner", lease=repr(chunk.lease), why=str(lost))
        finally:
            for settled, _ in ready:
                await asyncio.shield(self._intake.release(settled))

    async def _deliver(self, chunk: Chunk, effects: Effects) -> None:
        if not chunk.lease.is_held:
            raise LeaseLostError("revoked before delivery")
        if chunk.is_tick and not effects.outputs:
            return
        started = asyncio.get_running_loop().time()
        effects = await self._deliver_what_fits(chunk, effects)
        self._checkpoint("before_done")
        if chunk.lease.is_held:
            self._intake.mark_done(chunk)
        self._observe(chunk, effects, asyncio.get_running_loop().time() - started)
        tell_dead_letters(effects.dead_letters)

    async def _deliver_what_fits(self, chunk: Chunk, effects: Effects) -> Effects:
        """Deliver; a limit may have been lowered since it was asked for."""
        while True:
            fitting = self._sizes.fit(effects, chunk.records)
            try:
                await self._sink.deliver(chunk, fitting)
            except SizeRefusedError:
                if not await self._sizes.learn():
                    raise
            else:
                return fitting


def _merged(ready: Sequence[tuple[Chunk, Effects]]) -> tuple[Chunk, Effects]:
    records = [record for chunk, _ in ready for record in chunk.records]
    merged = Chunk(ready[0][0].lease, records, ready[-1][0].next_offset)
    outputs = [output for _, effects in ready for output in effects.outputs]
    return merged, Effects(outputs, [letter for _, effects in ready for letter in effects.dead_letters])
