"""What producers with each of Kafka's codecs publish, and batches that rot on the broker's disk."""

from collections.abc import Sequence
from pathlib import Path

from streams.kafka.clients import Producer
from streams.kafka.publishing import RawRecord

CODEC_NAMES = ("gzip", "snappy", "lz4", "zstd")


async def put_compressed(
    bootstrap_servers: str,
    topic: str,
    records: Sequence[RawRecord],
    codec: str | None = None,
    *,
    partition: int | None = None,
) -> None:
    """Publish as one batch a partition, by a producer that compresses."""
    producer = Producer(
        bootstrap_servers=bootstrap_servers, compression_type=codec, linger_ms=200, acks="all"
    )
    await producer.start()
    try:
        for record in records:
            await producer.send(topic, record.value, key=record.key, partition=partition)
    finally:
        await producer.stop()


def rot(log_directory: Path, topic: str, partition: int, written: bytes) -> None:
    """Flip a bit on the disk of a running broker, within the one place of a partition where these bytes are."""
    log = next(log_directory.rglob(f"{topic}-{partition}")) / f"{0:020d}.log"
    place = log.read_bytes().index(written)
    with log.open("r+b") as file:
        file.seek(place)
        file.write(bytes([written[0] ^ 1]))
