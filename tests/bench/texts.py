"""The real generate role empties a filled topic of snapshots; then every text is read and recounted.

A snapshot without a text, or one with two under exactly once, makes the run fail.
"""

import asyncio
import contextlib
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.topics import PRODUCT_TEXT, REFRESH_REQUESTED
from streams.errors import FatalError
from tests.bench import contenders
from tests.bench.brokers import PARTITIONS, BenchBroker, create_topics
from tests.bench.contenders import Contender
from tests.bench.drain import ends_of, raise_if_ended, read_all, read_since, stop

GENERATE = Contender("generate", "tests.bench.ours.writing", "Reviewstream, the generate role")
#: Snapshots that follow each other on a partition: the longest chunk of a slow role.
_RUN = 32
_POLL_S = 0.2
_STALL_S = 300.0

Snapshots = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class DrainedTexts:
    """What came of a drain.

    Attributes:
        account: see `tests.bench.ours.writing.Account`.
        texts: results, each product once.
        generated_share: of all claims, those that the generator put into words.
    """

    account: dict[str, Any]
    texts: int
    generated_share: float


async def fill_snapshots(broker: BenchBroker, snapshots: Snapshots) -> None:
    """Make the topics, and publish the snapshots, in runs: the role gets chunks as of a long backlog."""
    await create_topics(broker, (PRODUCT_TEXT.name,))
    producer = AIOKafkaProducer(**broker.client.options, linger_ms=5)
    await producer.start()
    try:
        for number, (key, value) in enumerate(snapshots):
            partition = number // _RUN % PARTITIONS
            await producer.send(REFRESH_REQUESTED.name, value, key=key, partition=partition)
    finally:
        await producer.stop()


async def drain_texts(
    broker: BenchBroker, snapshots: Snapshots, *, group: str, directory: Path
) -> DrainedTexts:
    """Let the generate role work until all is committed; then recount.

    Raises:
        FatalError: it ended, stood still, lost a text, or gave one twice.
    """
    begin = await ends_of(broker, PRODUCT_TEXT.name)
    wanted = {key.decode() for key, _ in snapshots}
    with generate_role(broker, group=group, directory=directory) as worker:
        if broker.is_kafka:
            await _until_committed(broker, worker, group)
        else:  # it does not tell a group's offsets, so the results themselves are watched
            await until_texts(broker, worker, len(wanted))
    records = await read_since(broker, begin)
    account = orjson.loads((directory / "account.json").read_bytes())
    return recount_texts(account, [record.value for record in records], wanted, is_once=broker.is_kafka)


@contextlib.contextmanager
def generate_role(broker: BenchBroker, *, group: str, directory: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """The role at work; its account lies in `directory/account.json` afterwards."""
    arguments = [str(directory / "account.json")]
    worker = contenders.start(
        GENERATE, broker, source="", group=group, directory=directory, arguments=arguments
    )
    try:
        yield worker
    except FatalError as error:
        tail = (directory / "log").read_text(errors="replace")[-1500:]
        raise FatalError(f"bench: generate: {error}. Its last lines: {tail}") from error
    finally:
        stop(worker)


async def until_texts(broker: BenchBroker, worker: "subprocess.Popen[bytes]", count: int) -> None:
    """Wait until texts of so many products are published.

    Raises:
        FatalError: the worker ended, or nothing came for long.
    """
    seen, moved = 0, time.monotonic()
    while seen < count:
        raise_if_ended([worker])
        found = len({record.key for record in await read_all(broker, PRODUCT_TEXT.name)})
        if found > seen:
            seen, moved = found, time.monotonic()
        if time.monotonic() - moved > _STALL_S:
            raise FatalError(f"no text for {_STALL_S:.0f} s; {seen} of {count} are there")


async def _until_committed(broker: BenchBroker, worker: "subprocess.Popen[bytes]", group: str) -> None:
    wanted = {tp: end for tp, end in (await ends_of(broker, REFRESH_REQUESTED.name)).items() if end}
    admin = broker.client.admin()
    await admin.start()
    done, moved = 0, time.monotonic()
    try:
        while done < sum(wanted.values()):
            raise_if_ended([worker])
            before = done
            with contextlib.suppress(
                KafkaError
            ):  # on a new broker the topic of the groups is still being made
                told = await admin.list_consumer_group_offsets(f"{group}-generate")
                done = sum(min(told[tp].offset, end) for tp, end in wanted.items() if tp in told)
            if done > before:
                moved = time.monotonic()
            if time.monotonic() - moved > _STALL_S:
                raise FatalError(f"nothing committed for {_STALL_S:.0f} s; {done} of {sum(wanted.values())}")
            await asyncio.sleep(_POLL_S)
    finally:
        await admin.close()


def recount_texts(
    account: dict[str, Any], texts: Sequence[bytes], wanted: Collection[str], *, is_once: bool
) -> DrainedTexts:
    """What the texts of a drain say.

    Args:
        account: of the role.
        texts: `ProductText` events.
        wanted: products that are to have one.
        is_once: whether none may come twice.

    Raises:
        FatalError: a product has no text, one has two, or one is there that was not wanted.
    """
    events = [orjson.loads(text) for text in texts]
    counts = Counter(event["product_id"] for event in events)
    lost, strange = set(wanted) - counts.keys(), counts.keys() - set(wanted)
    repeated = sum(count - 1 for count in counts.values()) if is_once else 0
    if lost or strange or repeated:
        raise FatalError(
            f"bench: the generate role lost {len(lost)} of {len(wanted)} texts, made up {len(strange)}, "
            f"repeated {repeated}"
        )
    return DrainedTexts(account, len(counts), generated_share(events))


def generated_share(events: Sequence[dict[str, Any]]) -> float:
    """The share of claims that the generator put into words; 0 where there are none.

    >>> generated_share([{"claims": [{"method": "generated"}, {"method": "template"}]}])
    0.5
    """
    methods = [claim["method"] for event in events for claim in event["claims"]]
    return methods.count("generated") / len(methods) if methods else 0.0
