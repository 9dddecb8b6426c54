"""Requests for words to answers: who answers which topic, batch by batch, and what becomes of a bad request."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime
from typing import NamedTuple

import structlog

from schemas.dead_letters import DeadLetterReason
from schemas.events import SCHEMA_VERSION, Event
from schemas.events import Output as OutputEvent
from schemas.topics import Topic
from streams.delivery.records import DeadLetter, Effects, Output, Record
from streams.errors import FatalError, RejectedEventError
from streams.roles.generate.writers import Fields, Writer
from streams.serde import decode, encode, recorded_ms, require_key

log = structlog.get_logger(__name__)


class Route(NamedTuple):
    """A topic of requests, the name of the topic of their answers, and who writes these."""

    requests: Topic
    answers: str
    writer: Writer


class _Asked(NamedTuple):
    record: Record
    request: Event


class AnswerRequests:
    """Handler of every topic that asks for words: each request becomes an answer, or a dead letter with its reason.

    Args:
        routes: who answers, by the name of the topic that asks.
        executor: where they do, off the event loop, one at a time.
        batch_records: requests that are answered together, at most.
        now: the clock, timezone-aware.
        finished_batch: told after every batch.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        *,
        executor: Executor,
        batch_records: int,
        now: Callable[[], datetime],
        finished_batch: Callable[[], None] = lambda: None,
    ) -> None:
        self._routes = routes
        self._executor = executor
        self._batch_records = batch_records
        self._now = now
        self._finished_batch = finished_batch

    async def __call__(self, records: Sequence[Record]) -> Effects:
        """Answer a chunk of requests; see `Handler`.

        Raises:
            FatalError: a writer is broken; nothing was set aside.
        """
        loop = asyncio.get_running_loop()
        outputs: list[Output] = []
        dead: list[DeadLetter] = []
        # Batch by batch: a worker that has to stop waits for one of them at most.
        for first in range(0, len(records), self._batch_records):
            batch = records[first : first + self._batch_records]
            effects = await loop.run_in_executor(self._executor, self._answer, batch)
            self._finished_batch()
            outputs += effects.outputs
            dead += effects.dead_letters
        return Effects(outputs, dead)

    def _answer(self, records: Sequence[Record]) -> Effects:
        route = self._routes[records[0].topic]
        asked, dead = _decoded(route.requests, records)
        outputs = []
        for (record, request), answer in zip(asked, _written(route.writer, asked), strict=True):
            if isinstance(answer, Exception):
                message = f"writing raised {type(answer).__name__}: {answer}"
                dead.append(DeadLetter(record, DeadLetterReason.GENERATION_ERROR, message))
                continue
            try:
                event = encode({**answer, **self._lineage(request, record)})
            except RejectedEventError as rejected:
                dead.append(DeadLetter(record, DeadLetterReason.GENERATION_ERROR, str(rejected)))
            else:
                outputs.append(Output(route.answers, record.key, event))
        return Effects(outputs, sorted(dead, key=lambda letter: letter.record.offset))

    def _lineage(self, request: Event, record: Record) -> Fields:
        now = self._now()
        said = request.made_at if isinstance(request, OutputEvent) else now
        return {
            "schema_version": SCHEMA_VERSION,
            "source": {
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "timestamp_ms": recorded_ms(record.timestamp, said, now),
            },
            "made_at": now,
            "replay_id": request.replay_id if isinstance(request, OutputEvent) else None,
        }


def _decoded(topic: Topic, records: Sequence[Record]) -> tuple[list[_Asked], list[DeadLetter]]:
    asked: list[_Asked] = []
    dead: list[DeadLetter] = []
    for record in records:
        try:
            request = decode(topic.contract, record.value)
            require_key(record.key, topic.key_of(request))
            asked.append(_Asked(record, request))
        except RejectedEventError as rejected:
            dead.append(DeadLetter(record, rejected.reason, str(rejected)))
    return asked, dead


def _written(writer: Writer, asked: Sequence[_Asked]) -> Sequence[Fields | Exception]:
    """All at once; one by one where one of them cannot be put into words.

    Raises:
        FatalError: a harmless request cannot be put into words either.
    """
    try:
        return writer.write([request for _, request in asked])
    except FatalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a model raises, the guilty request is found
        if len(asked) == 1:
            _check(writer, asked[0].request, error)
            return [error]
        log.warning("a batch failed, each request is tried alone", error=repr(error), requests=len(asked))
        return [answer for one in asked for answer in _written(writer, [one])]


def _check(writer: Writer, request: Event, suspicion: Exception) -> None:
    """Before a request is blamed, a harmless one has to be answered."""
    try:
        writer.write([writer.canary(request)])
    except Exception as error:  # noqa: BLE001 - whatever it is, the writer does not work
        raise FatalError(
            f"writing: a harmless request cannot be put into words either ({type(error).__name__}: {error}), so it "
            "is the model, not the request; nothing was set aside. Check it with `reviewstream doctor`"
        ) from suspicion
