"""The lane itself: texts wait, are planned into batches, and are answered together."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, Self

from models.readers.interfaces import BatchModel, Prediction, Tokenised
from streams.errors import FatalError
from streams.lane.calls import ModelCalls, Outcome, TokenBudget
from streams.lane.planning import next_batch
from streams.lane.values import Answer, BatchReport, Failure, LaneLimits

#: Texts that are tokenised at once. All calls that wait at the door come in together, for under a trickle each
#: brings one text, and the way to the tokeniser's thread and back for each of them keeps the device waiting.
_ENTER_AT_ONCE = 256

#: Handed to the device beyond what it works on, so that it need not wait for the event loop between two.
_BATCHES_AHEAD = 1


class _Item(Generic[Tokenised, Prediction]):
    """One text on its way through the lane."""

    __slots__ = ("entered", "group", "index", "tokenise_ms", "tokenised", "tokens")

    def __init__(
        self,
        group: "_Group[Prediction]",
        index: int,
        tokenised: Tokenised,
        entered: float,
        tokenise_ms: float,
    ) -> None:
        self.group = group
        self.index = index
        self.tokenised = tokenised
        self.tokens = len(tokenised)
        self.entered = entered
        self.tokenise_ms = tokenise_ms

    def answer(self, outcome: Outcome[Prediction]) -> None:
        queue_ms = max(0.0, (outcome.started - self.entered) * 1000 - self.tokenise_ms)
        self.group.set(self.index, Answer(outcome.value, queue_ms, self.tokenise_ms, outcome.seconds * 1000))


class _Group(Generic[Prediction]):
    """The texts of one call, answered together."""

    __slots__ = ("answers", "entered", "future", "missing", "texts")

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.entered = time.monotonic()
        self.answers: list[Answer[Prediction] | None] = [None] * len(texts)
        self.missing = len(texts)
        self.future: asyncio.Future[list[Answer[Prediction]]] = asyncio.get_running_loop().create_future()

    def set(self, index: int, answer: Answer[Prediction]) -> None:
        self.answers[index] = answer
        self.missing -= 1
        if self.missing == 0 and not self.future.done():
            self.future.set_result([a for a in self.answers if a is not None])

    def fail(self, error: BaseException) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class Lane(Generic[Tokenised, Prediction]):
    """Feeds one model.

    While the device works on a batch the next one is planned, and more texts are tokenised. A batch is planned
    when the device can have it and not before, so it holds whatever has come by then; nothing waits for a timer.
    How much may wait is bounded, so that a slow model makes callers wait and not memory grow.

    Args:
        model: what to run.
        limits: the budgets.
        observe: told of every forward pass, on the event loop.
    """

    def __init__(
        self,
        model: BatchModel[Tokenised, Prediction],
        limits: LaneLimits,
        *,
        observe: Callable[[BatchReport], None] = lambda _report: None,
    ) -> None:
        self._is_padded = not model.packs
        self._limits = limits
        self._budget = TokenBudget(limits.max_batch_tokens or model.batch_tokens)
        # Less would not let the next batch fill up while this one is computed.
        self._max_waiting_tokens = max(limits.max_waiting_tokens, 2 * self._budget.tokens)
        self._calls: ModelCalls[Tokenised, Prediction] = ModelCalls(
            model,
            self._budget,
            forward_timeout_s=limits.forward_timeout_s,
            memory_pauses_s=limits.memory_pauses_s,
            observe=observe,
        )
        self._waiting: list[_Item[Tokenised, Prediction]] = []
        self._waiting_tokens = 0
        self._changed = asyncio.Condition()
        self._at_the_door: deque[_Group[Prediction]] = deque()
        self._groups: set[_Group[Prediction]] = set()
        self._places = asyncio.Semaphore(model.streams + _BATCHES_AHEAD)
        self._doorkeeper: asyncio.Task[None] | None = None
        self._dispatcher: asyncio.Task[None] | None = None
        self._batches: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None

    @property
    def max_batch_tokens(self) -> int:
        """The budget in force; lower than configured after the device ran out of memory."""
        return self._budget.tokens

    async def __aenter__(self) -> Self:
        """Start, and prove that the model answers.

        Raises:
            FatalError: it does not.
        """
        await self._calls.start()
        self._doorkeeper = asyncio.create_task(self._let_in())
        self._dispatcher = asyncio.create_task(self._dispatch())
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Stop. Calls that still wait end: those that are in with a cancellation, those at the door with an error."""
        self._broken = self._broken or FatalError("it is closed")
        tasks = [task for task in (self._doorkeeper, self._dispatcher, *self._batches) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for group in self._at_the_door:
            group.fail(self._is_broken())
        for group in self._groups:
            group.future.cancel()
        async with self._changed:
            self._changed.notify_all()
        self._calls.stop()

    async def run(self, texts: Sequence[str]) -> list[Answer[Prediction]]:
        """Answer for each text, in order. Waits while too many tokens are waiting already.

        Raises:
            FatalError: the model is broken.
        """
        if not texts:
            return []
        if self._broken is not None:
            raise self._is_broken()
        group: _Group[Prediction] = _Group(texts)
        self._groups.add(group)
        self._at_the_door.append(group)
        try:
            async with self._changed:
                self._changed.notify_all()
            return await group.future
        finally:
            self._groups.discard(group)

    def _is_broken(self) -> FatalError:
        error = FatalError(f"model lane: {self._broken}")
        error.__cause__ = self._broken
        return error

    async def _let_in(self) -> None:
        """Whenever there is room, let those in who wait at the door, in the order they came."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._at_the_door and self._has_room())
            groups = self._next_groups()
            if self._broken is not None:
                for group in groups:
                    group.fail(self._is_broken())
            elif groups:
                try:
                    await self._enter(groups)
                except Exception as error:  # noqa: BLE001 - they have to learn of it, and others want to come in
                    for group in groups:
                        group.fail(error)

    def _next_groups(self) -> list[_Group[Prediction]]:
        """Whole calls, at least one; those that nobody waits for any more are left out."""
        groups: list[_Group[Prediction]] = []
        texts = 0
        # A text has a token at least.
        most = min(_ENTER_AT_ONCE, self._max_waiting_tokens - self._waiting_tokens)
        while self._at_the_door and (not groups or texts + len(self._at_the_door[0].texts) <= most):
            group = self._at_the_door.popleft()
            if not group.future.done():
                groups.append(group)
                texts += len(group.texts)
        return groups

    async def _enter(self, groups: Sequence[_Group[Prediction]]) -> None:
        """Tokenise the texts of some calls and let them wait for their batch."""
        started = time.monotonic()
        tokenised = await self._calls.tokenise([text for group in groups for text in group.texts])
        tokenise_ms = (time.monotonic() - started) * 1000
        items = []
        places = ((group, index) for group in groups for index in range(len(group.texts)))
        for (group, index), tokens in zip(places, tokenised, strict=True):
            if isinstance(tokens, Failure):
                group.set(index, Answer(tokens, (started - group.entered) * 1000, tokenise_ms, 0.0))
            else:
                items.append(_Item(group, index, tokens, group.entered, tokenise_ms))
        async with self._changed:
            self._waiting.extend(items)
            self._waiting_tokens += sum(item.tokens for item in items)
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return self._broken is not None or self._waiting_tokens < self._max_waiting_tokens

    async def _dispatch(self) -> None:
        """Whenever the device can have a batch, plan one over what waits."""
        while True:
            await self._places.acquire()
            async with self._changed:
                await self._changed.wait_for(lambda: self._waiting)
                batch = self._take_batch()
            task = asyncio.create_task(self._carry(batch))
            self._batches.add(task)
            task.add_done_callback(self._batches.discard)

    def _take_batch(self) -> list[_Item[Tokenised, Prediction]]:
        """The batch with the text that has waited longest; the rest goes on waiting."""
        # Without padding it is those who came first, so nobody behind them needs to be looked at.
        most = len(self._waiting) if self._is_padded else self._limits.max_batch_reviews
        first, behind = self._waiting[:most], self._waiting[most:]
        chosen = next_batch(
            [item.tokens for item in first],
            max_tokens=self._budget.tokens,
            max_reviews=self._limits.max_batch_reviews,
            is_padded=self._is_padded,
        )
        taken = set(chosen)
        self._waiting = [item for index, item in enumerate(first) if index not in taken] + behind
        return [first[index] for index in chosen]

    async def _carry(self, batch: list[_Item[Tokenised, Prediction]]) -> None:
        try:
            outcomes = await self._calls.forward([item.tokenised for item in batch])
            for item, outcome in zip(batch, outcomes, strict=True):
                item.answer(outcome)
        except asyncio.CancelledError:
            for item in batch:
                item.group.future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whoever waits for these texts has to learn of it
            self._broken = error
            for item in (*batch, *self._waiting):
                item.group.fail(error)
        finally:
            self._places.release()
            async with self._changed:
                self._waiting_tokens -= sum(item.tokens for item in batch)
                self._changed.notify_all()
