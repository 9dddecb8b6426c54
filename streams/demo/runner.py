"""Runs the demonstration against roles that are up: publishes, follows the outputs, and waits for the last."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from schemas.reviews import ReviewEnriched
from schemas.topics import ENRICHED_REVIEW, NEW_PRODUCT, NEW_REVIEW, dead_letter_topic
from streams.demo.product_watch import ProductWatch
from streams.demo.report import DemoReport, report_of
from streams.demo.tally import Tally
from streams.errors import FatalError
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import Outgoing, Published, RawRecord, publish
from streams.kafka.tailing import Tail, follow
from streams.settings import TopicNames

_READY_PATIENCE_S = 180.0
_STALL_S = 90.0
_PRODUCT_PATIENCE_S = 10.0
#: Texts are waited for as long as one comes within this time, and the whole wait has an end.
_TEXT_PATIENCE_S = 30.0
_TEXTS_PATIENCE_S = 180.0
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class DemoProgress:
    """Where a running demonstration stands."""

    published: int
    enriched: int
    dead_lettered: int
    skipped: int
    seconds: float
    latest: ReviewEnriched | None


async def wait_until_ready(urls: Iterable[str], raise_if_down: Callable[[], None]) -> None:
    """Wait until every worker says that it works.

    Args:
        urls: the workers' addresses.
        raise_if_down: raises if waiting makes no sense any more.

    Raises:
        FatalError: a worker was not ready in time.
    """
    deadline = time.monotonic() + _READY_PATIENCE_S
    reasons = "it does not answer"
    async with aiohttp.ClientSession() as session:
        for url in urls:
            while True:
                try:
                    async with session.get(f"{url}/readyz") as response:
                        if response.status == 200:
                            break
                        reasons = ", ".join((await response.json())["reasons"])
                except aiohttp.ClientError as error:
                    reasons = str(error)
                raise_if_down()
                if time.monotonic() > deadline:
                    raise FatalError(f"demo: {url} was not ready within {_READY_PATIENCE_S:.0f} s: {reasons}")
                await asyncio.sleep(0.2)


async def run_demo(
    connection: KafkaConnection,
    items: Iterable[Outgoing],
    products: Sequence[Mapping[str, Any]],
    *,
    names: TopicNames,
    update: Callable[[DemoProgress], None],
    raise_if_down: Callable[[], None],
) -> DemoReport:
    """Publish, and follow the outputs until each published record has met its fate and the products know of it.

    Args:
        connection: to the broker.
        items: what to publish to `new-review`.
        products: what to publish to `new-product` before.
        names: of topics on the broker.
        update: told, a few times a second, where it stands.
        raise_if_down: raises if the roles are not up any more.

    Raises:
        FatalError: nothing moved for a long time.
    """
    outputs = _Outputs(names)
    new_reviews = names(NEW_REVIEW.name)
    topics = [names(ENRICHED_REVIEW.name), dead_letter_topic(new_reviews), *outputs.watch.topics]
    async with follow(connection, topics, from_beginning=False) as tail:
        await publish(connection, names(NEW_PRODUCT.name), list(map(_product_record, products)))
        publishing = asyncio.ensure_future(
            publish(connection, new_reviews, items, progress=outputs.count_published)
        )
        reading = asyncio.ensure_future(outputs.read(tail))
        try:
            while not outputs.are_complete(publishing):
                raise_if_down()
                _raise_if_stuck(publishing, reading, outputs.last_output)
                update(outputs.progress())
                await asyncio.sleep(_LOOK_EVERY_S)
            update(outputs.progress())  # all may have come out between two looks
            published = publishing.result()
            product_ids = [str(product["product_id"]) for product in products]
            await _wait_for_products(outputs.watch, product_ids, published, raise_if_down)
        finally:
            publishing.cancel()
            reading.cancel()
            await asyncio.gather(publishing, reading, return_exceptions=True)
    return report_of(published, outputs.tally, outputs.watch, outputs.last_review - outputs.started)


class _Outputs:
    """What has come out so far, and when; times are of the monotonic clock, in seconds."""

    def __init__(self, names: TopicNames) -> None:
        self.tally = Tally(names(NEW_REVIEW.name))
        self.watch = ProductWatch(names)
        self.started = self.last_output = self.last_review = time.monotonic()
        self._published = 0

    def count_published(self, published: int) -> None:
        """Take note of how many records were handed over."""
        self._published = published

    async def read(self, tail: Tail) -> None:
        """Take note of every output, until it is cancelled."""
        async for record in tail:
            self.last_output = time.monotonic()
            if not self.watch.add(record, record.offset):
                self.tally.add(record)
                self.last_review = self.last_output

    def are_complete(self, publishing: "asyncio.Future[Published]") -> bool:
        """Whether everything is published and has met its fate."""
        if not publishing.done():
            return False
        return all(position in self.tally.fates for position in publishing.result().positions)

    def progress(self) -> DemoProgress:
        """Where it stands."""
        fates = Counter(self.tally.fates.values())
        return DemoProgress(
            published=self._published,
            enriched=fates["enriched"],
            dead_lettered=fates["dead_lettered"],
            skipped=fates["skipped"],
            seconds=time.monotonic() - self.started,
            latest=next(reversed(self.tally.enriched.values()), None),
        )


def _product_record(product: Mapping[str, Any]) -> RawRecord:
    return RawRecord(str(product["product_id"]).encode(), orjson.dumps(product))


async def _wait_for_products(
    watch: ProductWatch, product_ids: Iterable[str], published: Published, raise_if_down: Callable[[], None]
) -> None:
    """Wait for summaries, which come a tick after the reviews, and for their texts, which take longer; not for ever.

    Reviews that the tables know from an earlier demonstration on the same broker change nothing, and a product of
    which nothing can be told has no text.
    """
    ids, positions = list(product_ids), published.positions
    started = last_text = time.monotonic()
    texts = watch.texts
    while True:
        raise_if_down()
        has_texts = watch.has_texts(positions)
        if watch.is_complete(ids, positions) and has_texts:
            return
        now = time.monotonic()
        if watch.texts != texts:
            texts, last_text = watch.texts, now
        has_waited = now - last_text > _TEXT_PATIENCE_S or now - started > _TEXTS_PATIENCE_S
        if has_waited or (has_texts and now - started > _PRODUCT_PATIENCE_S):
            return
        await asyncio.sleep(_LOOK_EVERY_S)


def _raise_if_stuck(
    publishing: "asyncio.Future[Published]",
    reading: "asyncio.Future[None]",
    last_output: float,
) -> None:
    if reading.done():
        reading.result()
    if publishing.done() and time.monotonic() - last_output > _STALL_S:
        raise FatalError(f"demo: nothing came out for {_STALL_S:.0f} s; look at the log above")
