"""Calls of the model: a failing batch is cut until the guilty text is alone, and only that one fails."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, NamedTuple

import structlog

from models.readers.interfaces import BatchModel, Prediction, Tokenised
from schemas.dead_letters import DeadLetterReason
from streams.errors import FatalError
from streams.lane.device_threads import DeviceThreads, HungError, as_error
from streams.lane.values import BatchReport, Failure

log = structlog.get_logger(__name__)

#: What every model must be able to answer. If it cannot, the model is broken, not the review.
CANARY_TEXT = "It works."
_BATCHES_UNTIL_BUDGET_GROWS = 50


class Outcome(NamedTuple, Generic[Prediction]):
    """What came of one text: the prediction or the failure, when its forward pass started, and its seconds."""

    value: Prediction | Failure
    started: float
    seconds: float


class TokenBudget:
    """The tokens of one forward pass: lowered when the device runs out of memory, raised again later."""

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._batches_since_change = 0
        self.tokens = max_tokens

    def lower(self, failed_tokens: int) -> None:
        """After a batch of so many tokens did not fit."""
        # Half of what failed, not of the budget: other batches may have been planned before it fell.
        half = max(1, failed_tokens // 2)
        if half < self.tokens:
            self.tokens = half
            self._batches_since_change = 0
            log.warning("out of memory, the batch budget is lowered", max_batch_tokens=half)

    def count_success(self) -> None:
        """After a batch that went well."""
        self._batches_since_change += 1
        if self.tokens < self._max_tokens and self._batches_since_change >= _BATCHES_UNTIL_BUDGET_GROWS:
            self.tokens = min(self.tokens * 2, self._max_tokens)
            self._batches_since_change = 0


class ModelCalls(Generic[Tokenised, Prediction]):
    """Calls one model, its tokeniser on one thread and its forward passes on others, one a stream.

    Before a text is blamed the model has to answer a harmless one: if it cannot, the model is broken, and
    the call raises `FatalError`, so that nothing is set aside that a working model could answer.

    Args:
        model: what to call.
        budget: told of success and of memory that ran out.
        forward_timeout_s: after which a forward pass counts as hung.
        memory_pauses_s: before each further try of a text that alone found no memory.
        observe: told of every forward pass.
    """

    def __init__(
        self,
        model: BatchModel[Tokenised, Prediction],
        budget: TokenBudget,
        *,
        forward_timeout_s: float,
        memory_pauses_s: Sequence[float],
        observe: Callable[[BatchReport], None],
    ) -> None:
        self._model = model
        self._budget = budget
        self._forward_timeout_s = forward_timeout_s
        self._memory_pauses_s = memory_pauses_s
        self._observe = observe
        self._tokeniser = ThreadPoolExecutor(1, thread_name_prefix="tokenise")
        self._device = DeviceThreads("device", model.streams)
        self._canary: list[Tokenised] = []

    async def start(self) -> None:
        """Start the threads, and prove that the model answers.

        Raises:
            FatalError: it does not.
        """
        self._device.start()
        self._canary = list(await self._tokenise([CANARY_TEXT]))
        await self._check_model(None)

    def stop(self) -> None:
        """Let the threads end."""
        self._device.stop()
        self._tokeniser.shutdown(wait=False, cancel_futures=True)

    async def tokenise(self, texts: Sequence[str]) -> Sequence[Tokenised | Failure]:
        """All at once; if that fails one by one, so that only the guilty text does."""
        try:
            return await self._tokenise(texts)
        except Exception as error:  # noqa: BLE001 - found out below whose fault it is
            if len(texts) == 1:
                await self._check_tokeniser(error)
                return [Failure(DeadLetterReason.MODEL_ERROR, _describe(error))]
        return [tokens for text in texts for tokens in await self.tokenise([text])]

    async def forward(self, batch: Sequence[Tokenised]) -> list[Outcome[Prediction]]:
        """One outcome a text, in order, cutting the batch where it fails.

        Raises:
            FatalError: the model is broken.
        """
        try:
            return await self._outcomes(batch)
        except FatalError:
            raise
        except Exception as error:  # noqa: BLE001 - sorted out below
            if len(batch) == 1:
                return [await self._alone(batch[0], error)]
            parts = self._cut(batch, _reason(error))
        return [outcome for part in parts for outcome in await self.forward(part)]

    async def _outcomes(self, batch: Sequence[Tokenised]) -> list[Outcome[Prediction]]:
        predictions, started, seconds = await self._forward(batch)
        self._report(batch, seconds)
        return [Outcome(prediction, started, seconds) for prediction in predictions]

    async def _alone(self, text: Tokenised, error: Exception) -> Outcome[Prediction]:
        """What becomes of a text that failed alone: tried again if memory ran out, else set aside if the model works.

        Raises:
            FatalError: the model is broken.
        """
        for pause_s in self._memory_pauses_s:
            if _reason(error) is not DeadLetterReason.OUT_OF_MEMORY:
                break
            log.warning("out of memory for one text alone, it is tried again", pause_s=pause_s)
            await asyncio.sleep(pause_s)
            try:
                return (await self._outcomes([text]))[0]
            except FatalError:
                raise
            except Exception as again:  # noqa: BLE001 - sorted out with the first
                error = again
        await self._check_model(error)
        reason = _reason(error)
        log.warning("a text is set aside", reason=reason, error=_describe(error))
        return Outcome(Failure(reason, _describe(error)), time.monotonic(), 0.0)

    async def _tokenise(self, texts: Sequence[str]) -> list[Tokenised]:
        def tokenise() -> list[Tokenised]:
            try:
                return self._model.tokenise(texts)
            except Exception:
                raise
            except BaseException as panic:
                raise as_error(panic) from panic

        return await asyncio.get_running_loop().run_in_executor(self._tokeniser, tokenise)

    async def _forward(self, batch: Sequence[Tokenised]) -> tuple[list[Prediction], float, float]:
        predictions, started, seconds = await self._device.run(
            lambda: self._model.forward(batch), self._forward_timeout_s
        )
        if len(predictions) != len(batch):
            raise ValueError(f"the model gave {len(predictions)} predictions for {len(batch)} texts")
        return predictions, started, seconds

    def _cut(self, batch: Sequence[Tokenised], reason: DeadLetterReason) -> list[Sequence[Tokenised]]:
        if reason is DeadLetterReason.MODEL_TIMEOUT:
            # Each hang costs a thread and the whole timeout: find the guilty in one step, not in log n.
            return [[text] for text in batch]
        if reason is DeadLetterReason.OUT_OF_MEMORY:
            self._budget.lower(sum(map(len, batch)))
        middle = len(batch) // 2
        return [batch[:middle], batch[middle:]]

    async def _check_tokeniser(self, suspicion: BaseException) -> None:
        try:
            await self._tokenise([CANARY_TEXT])
        except Exception as error:  # noqa: BLE001 - whatever it is, the tokeniser does not work
            raise _broken("tokenise", error) from suspicion

    async def _check_model(self, suspicion: BaseException | None) -> None:
        try:
            await self._forward(self._canary)
        except Exception as error:  # noqa: BLE001 - whatever it is, the model does not work
            raise _broken("answer", error) from (suspicion or error)

    def _report(self, batch: Sequence[Tokenised], seconds: float) -> None:
        lengths = list(map(len, batch))
        cost = sum(lengths) if self._model.packs else max(lengths) * len(lengths)
        self._observe(BatchReport(len(batch), sum(lengths), min(1.0, cost / self._budget.tokens), seconds))
        self._budget.count_success()


def _broken(step: str, error: BaseException) -> FatalError:
    return FatalError(
        f"model: it cannot {step} {CANARY_TEXT!r} either ({_describe(error)}), so it is broken, not the "
        "review; nothing was set aside. Check it with `reviewstream doctor`"
    )


def _reason(error: BaseException) -> DeadLetterReason:
    if isinstance(error, HungError):
        return DeadLetterReason.MODEL_TIMEOUT
    # torch raises a class of its own on an accelerator, and a bare RuntimeError on the CPU.
    text = str(error).lower()
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return DeadLetterReason.OUT_OF_MEMORY
    return DeadLetterReason.MODEL_ERROR


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]
