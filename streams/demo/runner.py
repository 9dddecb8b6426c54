"""Runs the demonstration against roles that are up: publishes, follows the outputs, and waits for the last."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from schemas.topics import ENRICHED_REVIEW, NEW_PRODUCT, NEW_REVIEW, dead_letter_topic
from streams.demo.products import TOPICS as PRODUCT_TOPICS
from streams.demo.products import ProductWatch
from streams.demo.tally import Tally
from streams.errors import FatalError
from streams.kafka.publishing import Published, RawRecord, publish
from streams.kafka.tailing import follow
from streams.rows import BadRow, ReadyEvent

_READY_PATIENCE_S = 180.0
_STALL_S = 90.0
_PRODUCT_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What a demonstration did. `published` is the sum of `enriched`, `dead_lettered` and `skipped`."""

    published: int
    enriched: int
    dead_lettered: int
    skipped: int
    repeats: int
    seconds: float
    reviews_per_second: float
    by_label: Mapping[str, int]
    by_language: Mapping[str, int]
    by_reason: Mapping[str, int]
    by_aspect: Mapping[str, Mapping[str, int]]
    by_flag: Mapping[str, int]
    by_mask: Mapping[str, int]
    samples: tuple[Mapping[str, Any], ...]
    products: tuple[Mapping[str, Any], ...]
    alerts: tuple[Mapping[str, Any], ...]
    bad_rows: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class DemoProgress:
    """Where a running demonstration stands."""

    published: int
    enriched: int
    dead_lettered: int
    skipped: int
    seconds: float
    latest: Mapping[str, Any] | None


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
    client: Mapping[str, Any],
    items: Iterable[ReadyEvent | BadRow | RawRecord],
    products: Sequence[Mapping[str, Any]],
    *,
    update: Callable[[DemoProgress], None],
    raise_if_down: Callable[[], None],
) -> DemoReport:
    """Publish, and follow the outputs until each published record has met its fate and the products know of it.

    Args:
        client: what `client_options` returned.
        items: what to publish to `new-review`.
        products: what to publish to `new-product` before.
        update: told, a few times a second, where it stands.
        raise_if_down: raises if the roles are not up any more.

    Raises:
        FatalError: nothing moved for a long time.
    """
    tally = Tally(NEW_REVIEW.name)
    watch = ProductWatch()
    product_ids = [str(product["product_id"]) for product in products]
    topics = [ENRICHED_REVIEW.name, dead_letter_topic(NEW_REVIEW.name), *PRODUCT_TOPICS]
    latest: Mapping[str, Any] | None = None
    handed_over = 0

    def count(published: int) -> None:
        nonlocal handed_over
        handed_over = published

    async with follow(client, topics, from_beginning=False) as tail:
        named = [RawRecord(str(one["product_id"]).encode(), orjson.dumps(one)) for one in products]
        await publish(client, NEW_PRODUCT.name, named)
        started = last_output = last_review = time.monotonic()
        publishing = asyncio.ensure_future(publish(client, NEW_REVIEW.name, items, progress=count))

        async def read() -> None:
            nonlocal latest, last_output, last_review
            async for record in tail:
                last_output = time.monotonic()
                if not watch.add(record, record.offset):
                    tally.add(record)
                    last_review = last_output

        reading = asyncio.ensure_future(read())
        try:
            while not _is_complete(publishing, tally):
                raise_if_down()
                _raise_if_stuck(publishing, reading, last_output)
                fates = list(tally.fates.values())
                latest = next(reversed(tally.enriched.values()), None)
                update(
                    DemoProgress(
                        handed_over,
                        fates.count("enriched"),
                        fates.count("dead_lettered"),
                        fates.count("skipped"),
                        time.monotonic() - started,
                        latest,
                    )
                )
                await asyncio.sleep(0.1)
            # Summaries and texts come a tick later. Reviews that the tables know already, from an earlier
            # demonstration on the same broker, change nothing, and a product of which nothing can be told has no text.
            positions = publishing.result().positions
            patience = time.monotonic() + _PRODUCT_PATIENCE_S
            while time.monotonic() < patience:
                raise_if_down()
                if watch.is_complete(product_ids, positions) and watch.has_texts(positions):
                    break
                await asyncio.sleep(0.1)
        finally:
            publishing.cancel()
            reading.cancel()
            await asyncio.gather(publishing, reading, return_exceptions=True)
    return _report(publishing.result(), tally, watch, last_review - started)


def _is_complete(publishing: "asyncio.Future[Published]", tally: Tally) -> bool:
    if not publishing.done():
        return False
    return all(position in tally.fates for position in publishing.result().positions)


def _raise_if_stuck(
    publishing: "asyncio.Future[Published]",
    reading: "asyncio.Future[None]",
    last_output: float,
) -> None:
    if reading.done():
        reading.result()
    if publishing.done() and time.monotonic() - last_output > _STALL_S:
        raise FatalError(f"demo: nothing came out for {_STALL_S:.0f} s; look at the log above")


def _report(published: Published, tally: Tally, watch: ProductWatch, seconds: float) -> DemoReport:
    counts = tally.counts(published.positions)
    events = [tally.enriched[position] for position in published.positions if position in tally.enriched]
    ours = {event["product_id"] for event in events}
    aspects: dict[str, Counter[str]] = {}
    for event in events:
        for aspect, sentiment in {(one["aspect"], one["sentiment"]) for one in event["aspects"]}:
            aspects.setdefault(aspect, Counter())[sentiment] += 1
    return DemoReport(
        published=len(published.positions),
        enriched=counts["enriched"],
        dead_lettered=counts["dead_lettered"],
        skipped=counts["skipped"],
        repeats=tally.repeats,
        seconds=round(seconds, 3),
        reviews_per_second=round(counts["enriched"] / seconds, 1) if seconds > 0 else 0.0,
        by_label=Counter(
            event["sentiment"]["label"] if event["sentiment"] else event["status"] for event in events
        ),
        by_language=dict(
            Counter(
                event["language"]["code"] if event["language"] else "und" for event in events
            ).most_common()
        ),
        by_aspect=dict(sorted(aspects.items(), key=lambda item: -sum(item[1].values()))),
        by_flag=Counter(flag["kind"] for event in events for flag in event["flags"]),
        by_mask=Counter(mask["kind"] for event in events for mask in event["masked"]),
        by_reason=Counter(tally.reasons[p] for p in published.positions if p in tally.reasons),
        samples=tuple(tally.samples(published.positions)),
        products=tuple(
            sorted(
                (one for one in watch.summaries.values() if one["product_id"] in ours),
                key=lambda one: (-one["counts"]["reviews"], one["product_id"]),
            )
        ),
        alerts=tuple(alert for alert in watch.alerts if alert["product_id"] in ours),
        bad_rows=published.bad_rows,
    )
