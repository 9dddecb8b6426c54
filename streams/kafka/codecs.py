"""The compression codecs of Kafka, and which of them this installation reads."""

from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple

from aiokafka import codec

_SAMPLE = b"reviewstream " * 8


class Codec(NamedTuple):
    """One of Kafka's codecs.

    Attributes:
        name: as producers and topics are told it.
        encode: compresses.
        decode: undoes that.
    """

    name: str
    encode: Callable[[bytes], bytes]
    decode: Callable[[bytes], bytes]


#: By the number that a batch carries; 0 is none at all.
CODECS = MappingProxyType(
    {
        1: Codec("gzip", codec.gzip_encode, codec.gzip_decode),
        2: Codec("snappy", codec.snappy_encode, codec.snappy_decode),
        3: Codec("lz4", codec.lz4_encode, codec.lz4_decode),
        4: Codec("zstd", codec.zstd_encode, codec.zstd_decode),
    }
)
_MASK = 0x07


def codec_name(attributes: int) -> str:
    """The codec that a batch's attributes, or its compression type, tell of.

    >>> codec_name(0), codec_name(0x10 | 4), codec_name(7)
    ('uncompressed', 'zstd', 'codec 7')
    """
    number = attributes & _MASK
    if number == 0:
        return "uncompressed"
    return CODECS[number].name if number in CODECS else f"codec {number}"


def reads(candidate: Codec) -> bool:
    """Whether this installation reads a codec: asked by reading something, not by a package's name.

    >>> all(reads(candidate) for candidate in CODECS.values())
    True
    """
    try:
        return bytes(candidate.decode(candidate.encode(_SAMPLE))) == _SAMPLE
    except Exception:  # noqa: BLE001 - whatever keeps it from being read is the answer
        return False
