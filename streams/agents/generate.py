"""The generate role: a product's text from the snapshot of its key points."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from schemas.dead_letters import DeadLetterReason
from schemas.products import RefreshRequested, SummaryClaim
from schemas.topics import PRODUCT_TEXT, REFRESH_REQUESTED
from streams.delivery.records import DeadLetter, Effects, Output, Record
from streams.errors import RejectedEventError
from streams.serde import decode, encode, require_key


class Composition(Protocol):
    """A text, claim by claim."""

    @property
    def language(self) -> str: ...  # noqa: D102
    @property
    def claims(self) -> Sequence[SummaryClaim]: ...  # noqa: D102
    @property
    def pros(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def cons(self) -> Sequence[str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Composer:
    """Puts a snapshot into words.

    Attributes:
        prompt_version: names the templates and prompts.
        compose: does it; thread-safe.
    """

    prompt_version: str
    compose: Callable[[RefreshRequested], Composition]


class GenerateTexts:
    """Handler of `refresh-requested`: every snapshot becomes a text, or a dead letter with its reason.

    Args:
        composer: puts snapshots into words.
        executor: where it does, off the event loop.
        now: the clock, timezone-aware.
    """

    def __init__(self, composer: Composer, *, executor: Executor, now: Callable[[], datetime]) -> None:
        self._composer = composer
        self._executor = executor
        self._now = now

    async def __call__(self, records: Sequence[Record]) -> Effects:
        """Answer a chunk of requests; see `Handler`."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._answer, records)

    def _answer(self, records: Sequence[Record]) -> Effects:
        outputs, dead = [], []
        for record in records:
            try:
                snapshot = decode(RefreshRequested, record.value)
                require_key(record.key, snapshot.product_id)
                event = self._text(snapshot, record)
            except RejectedEventError as rejected:
                dead.append(DeadLetter(record, rejected.reason, str(rejected)))
            else:
                outputs.append(Output(PRODUCT_TEXT.name, record.key, encode(event)))
        return Effects(outputs, dead)

    def _text(self, snapshot: RefreshRequested, record: Record) -> dict[str, Any]:
        try:
            composed = self._composer.compose(snapshot)
        except Exception as error:
            raise RejectedEventError(
                DeadLetterReason.GENERATION_ERROR, f"composing raised {type(error).__name__}: {error}"
            ) from error
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
            "model": None,
            "replay_id": snapshot.replay_id,
        }
