"""The generate role: a product's text from the snapshot of its key points."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from typing import Any, Protocol

import structlog

from schemas.dead_letters import DeadLetterReason
from schemas.products import RefreshRequested, SummaryClaim
from schemas.topics import PRODUCT_TEXT, REFRESH_REQUESTED
from streams.delivery.records import DeadLetter, Effects, Output, Record
from streams.errors import RejectedEventError
from streams.serde import decode, encode, require_key

log = structlog.get_logger(__name__)


class Composition(Protocol):
    """A text, claim by claim."""

    @property
    def language(self) -> str: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def claims(self) -> Sequence[SummaryClaim]: ...  # noqa: D102
    @property
    def pros(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def cons(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def model(self) -> tuple[str, str] | None: ...  # noqa: D102


class Composer(Protocol):
    """Puts snapshots into words; asked from one thread at a time.

    Attributes:
        prompt_version: names the templates and prompts.
    """

    @property
    def prompt_version(self) -> str: ...  # noqa: D102 - described above

    def compose(
        self, snapshots: Sequence[RefreshRequested], *, most_words: int | None = None
    ) -> Sequence[Composition]:
        """A text of each, in order, of so many words at most; None: as a shopper reads at a glance."""
        ...

    def stop(self) -> None:
        """End what is being composed soon, from another thread; nothing is phrased after it."""
        ...


class GenerateTexts:
    """Handler of `refresh-requested`: every snapshot becomes a text, or a dead letter with its reason.

    Args:
        composer: puts snapshots into words.
        executor: where it does, off the event loop.
        batch_records: snapshots that are written together, at most.
        now: the clock, timezone-aware.
    """

    def __init__(
        self, composer: Composer, *, executor: Executor, batch_records: int, now: Callable[[], datetime]
    ) -> None:
        self._composer = composer
        self._executor = executor
        self._batch_records = batch_records
        self._now = now

    async def __call__(self, records: Sequence[Record]) -> Effects:
        """Answer a chunk of requests; see `Handler`."""
        loop = asyncio.get_running_loop()
        outputs: list[Output] = []
        dead: list[DeadLetter] = []
        # Batch by batch: a worker that has to stop waits for one of them at most.
        for first in range(0, len(records), self._batch_records):
            batch = records[first : first + self._batch_records]
            effects = await loop.run_in_executor(self._executor, self._answer, batch)
            outputs += effects.outputs
            dead += effects.dead_letters
        return Effects(outputs, dead)

    def _answer(self, records: Sequence[Record]) -> Effects:
        asked: list[tuple[Record, RefreshRequested]] = []
        dead: list[DeadLetter] = []
        for record in records:
            try:
                snapshot = decode(RefreshRequested, record.value)
                require_key(record.key, snapshot.product_id)
                asked.append((record, snapshot))
            except RejectedEventError as rejected:
                dead.append(DeadLetter(record, rejected.reason, str(rejected)))
        outputs = []
        for (record, snapshot), composed in zip(asked, self._composed(asked), strict=True):
            if isinstance(composed, Exception):
                message = f"composing raised {type(composed).__name__}: {composed}"
                dead.append(DeadLetter(record, DeadLetterReason.GENERATION_ERROR, message))
            else:
                event = self._text(snapshot, record, composed)
                outputs.append(Output(PRODUCT_TEXT.name, record.key, encode(event)))
        return Effects(outputs, sorted(dead, key=lambda letter: letter.record.offset))

    def _composed(
        self, asked: Sequence[tuple[Record, RefreshRequested]]
    ) -> Sequence[Composition | Exception]:
        """All at once; one by one where one of them cannot be put into words."""
        try:
            return self._composer.compose([snapshot for _, snapshot in asked])
        except Exception as error:  # noqa: BLE001 - whatever a model raises, the guilty snapshot is found
            if len(asked) == 1:
                return [error]
            log.warning(
                "a batch of texts failed, each is tried alone", error=repr(error), snapshots=len(asked)
            )
            return [one for pair in asked for one in self._composed([pair])]

    def _text(self, snapshot: RefreshRequested, record: Record, composed: Composition) -> dict[str, Any]:
        model = composed.model
        return {
            "schema_version": "1.0",
            "product_id": snapshot.product_id,
            "generation": snapshot.generation,
            "language": composed.language,
            "claims": [claim.model_dump() for claim in composed.claims],
            "pros": list(composed.pros),
            "cons": list(composed.cons),
            "prompt_version": self._composer.prompt_version,
            "snapshot_offset": snapshot.source.offset,
            "review_count": snapshot.counts.reviews,
            "source": {
                "topic": REFRESH_REQUESTED.name,
                "partition": record.partition,
                "offset": record.offset,
                "timestamp_ms": max(0, record.timestamp),
            },
            "made_at": self._now(),
            "model": {"name": model[0], "version": model[1]} if model is not None else None,
            "replay_id": snapshot.replay_id,
        }
