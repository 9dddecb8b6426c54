"""Which codecs are read, and what is said of one that is not."""

import pytest

from streams.kafka.codecs import CODECS, Codec, codec_name, reads
from streams.local.doctor import codecs_finding


def unreadable(_payload: bytes) -> bytes:
    raise RuntimeError("no library")


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: codec.name)
def test_a_default_installation_reads_all_of_kafkas_codecs(codec: Codec) -> None:
    """Producers choose; a reader that lacks one would stop at the first such batch."""
    assert reads(codec)


@pytest.mark.parametrize(
    "codec",
    [Codec("lz4", unreadable, bytes), Codec("lz4", bytes, unreadable), Codec("lz4", bytes, lambda _: b"?")],
)
def test_a_codec_that_raises_or_gives_something_else_is_not_read(codec: Codec) -> None:
    """What counts is that the bytes come back, not that a package is there."""
    assert not reads(codec)


def test_doctor_names_every_codec_and_fails_if_one_is_missing() -> None:
    """With what to install."""
    assert codecs_finding().to_dict() | {"advice": ""} == {
        "subject": "codecs", "status": "ok", "message": "reads gzip, snappy, lz4, zstd", "advice": "",
    }  # fmt: skip
    finding = codecs_finding([CODECS[1], Codec("zstd", bytes, unreadable)])
    assert finding.status == "failed"
    assert "zstd" in finding.message
    assert "gzip" not in finding.message
    assert "cramjam" in finding.advice


def test_a_batchs_attributes_name_its_codec_whatever_else_they_say() -> None:
    """The other bits are those of timestamps and transactions."""
    assert [codec_name(number | 0x38) for number in range(5)] == [
        "uncompressed",
        "gzip",
        "snappy",
        "lz4",
        "zstd",
    ]
