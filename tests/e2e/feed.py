"""A steady feed of reviews: new, edited and removed ones, surges that raise alerts, and now and then no JSON."""

import asyncio
import contextlib
import datetime as dt
import random
from collections.abc import AsyncIterator

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.topics import NEW_REVIEW
from streams.delivery.producing import started, stopped
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import RawRecord

#: What makes the model of the tests say negative.
BAD_WORD = "bad"
_PRODUCTS = 41
_SURGE_REVIEWS = 100
#: Before the feed began: no review comes so long after it was written that it is none of the recent ones.
_FIRST_WRITTEN = dt.timedelta(days=6)
_UNDECODABLE_EVERY = 500
_PAUSE_S = 0.25


class Feed:
    """Publishes so many reviews a second; what a broker that is away does not take is published when it is back.

    A review may be on the topic twice after that, as with any publisher that tries again.

    Attributes:
        published: reviews that the broker has acknowledged, with their newest version.
    """

    def __init__(self, client: KafkaConnection, *, per_second: int, seed: int) -> None:
        self._client = client
        self._per_second = per_second
        self._random = random.Random(seed)
        self._first_written = dt.datetime.now(dt.UTC) - _FIRST_WRITTEN
        self._reviews: list[tuple[str, str]] = []
        self._versions: dict[str, int] = {}
        self._number = 0
        self._sent = 0
        self._began_s: float | None = None
        self._sent_before = 0
        self.published: dict[str, int] = {}

    @property
    def behind_s(self) -> float:
        """How far the feed itself is behind, in seconds of feed."""
        return self._due() / self._per_second

    @contextlib.asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Publish meanwhile; at the end all that was due is acknowledged."""
        stop = asyncio.Event()
        task = asyncio.create_task(self._flow(stop))
        try:
            yield
            stop.set()
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _flow(self, stop: asyncio.Event) -> None:
        producer = await started(self._client.producer(is_idempotent=False))
        self._began_s, self._sent_before = asyncio.get_running_loop().time(), self._sent
        try:
            while not stop.is_set():
                await asyncio.sleep(_PAUSE_S)
                await self._send_due(producer)
            await self._send_due(producer)
        finally:
            self._began_s = None
            await stopped(producer)

    def _due(self) -> int:
        """How many should have been sent by now, and were not."""
        if self._began_s is None:
            return 0
        seconds = asyncio.get_running_loop().time() - self._began_s
        return max(0, self._sent_before + int(seconds * self._per_second) - self._sent)

    async def _send_due(self, producer: AIOKafkaProducer) -> None:
        while count := min(self._due(), self._per_second):
            await self._send(producer, [self._next() for _ in range(count)])
            self._sent += count

    async def _send(self, producer: AIOKafkaProducer, records: list[RawRecord]) -> None:
        """Until the broker has all of them."""
        while True:
            try:
                sending = [
                    await producer.send(NEW_REVIEW.name, record.value, key=record.key) for record in records
                ]
                await asyncio.gather(*sending)
            except (KafkaError, OSError):
                await asyncio.sleep(0.5)
            else:
                break
        for record in records:
            with contextlib.suppress(orjson.JSONDecodeError):
                event = orjson.loads(record.value or b"")
                self.published[event["review_id"]] = event["version"]

    def _next(self) -> RawRecord:
        number, self._number = self._number, self._number + 1
        if number % _UNDECODABLE_EVERY == _UNDECODABLE_EVERY - 1:
            return RawRecord(b"p0", b"not json")
        if number % 4 == 0:
            return self._of_surge(number // 4)
        chance = self._random.random()
        if chance < 0.15 and self._reviews:
            review_id, product_id = self._random.choice(self._reviews)
            return self._review(review_id, product_id, removed=chance < 0.05)
        review_id, product_id = f"r{number}", f"p{self._random.randrange(_PRODUCTS)}"
        self._reviews.append((review_id, product_id))
        return self._review(review_id, product_id)

    def _of_surge(self, number: int) -> RawRecord:
        """One product after the other, whose reviews turn bad and then good again, one written an hour."""
        product, place = divmod(number, _SURGE_REVIEWS)
        return self._review(f"t{number}", f"s{product}", hours=place, is_bad=40 <= place <= 60)

    def _review(
        self,
        review_id: str,
        product_id: str,
        *,
        removed: bool = False,
        hours: int = 0,
        is_bad: bool | None = None,
    ) -> RawRecord:
        version = self._versions[review_id] = self._versions.get(review_id, 0) + 1
        if is_bad is None:
            is_bad = self._random.random() < 0.2
        event = {
            "review_id": review_id,
            "product_id": product_id,
            "version": version,
            "removed": removed,
            "text": None if removed else f"a {BAD_WORD if is_bad else 'fine'} thing",
            "rating": None if removed else self._random.randint(1, 5),
            "created_at": (self._first_written + dt.timedelta(hours=hours)).isoformat(),
        }
        return RawRecord(product_id.encode(), orjson.dumps(event))
