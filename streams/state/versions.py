"""Values as they are kept: MessagePack behind the version of its form, so that newer code reads older tables.

A version is one byte from 1 to 127. Values of before there were versions begin with the header of a MessagePack array,
which is above that, and count as version 0.
"""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import msgspec

from streams.errors import FatalError

T = TypeVar("T")
_MOST_VERSIONS = 127


class NewerStateError(FatalError):
    """The tables hold values of a newer form than this code knows."""


class VersionedCodec(Generic[T]):
    """Encodes values of one kind in the newest form, and decodes every form there ever was.

    Args:
        kind: a msgspec type.
        version: of the newest form, from 1 to 127.
        readers: for each older version, what reads its MessagePack into a value of today.

    >>> codec = VersionedCodec(list[str], version=2, readers={1: lambda body: msgspec.msgpack.decode(body)["names"]})
    >>> codec.encode(["lamp"])[0], codec.decode(codec.encode(["lamp"]))
    (2, ['lamp'])
    >>> codec.decode(bytes([1]) + msgspec.msgpack.encode({"names": ["lamp"]}))
    ['lamp']
    """

    def __init__(
        self, kind: type[T], *, version: int, readers: Mapping[int, Callable[[memoryview], T]]
    ) -> None:
        self._kind = kind
        self._version = version
        self._prefix = bytes([version])
        self._readers = readers
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode

    def encode(self, value: T) -> bytes:
        """The bytes to keep."""
        return self._prefix + self._encode(value)

    def decode(self, kept: bytes) -> T:
        """The value of kept bytes.

        Raises:
            NewerStateError: a newer version of this software wrote them.
        """
        version = kept[0]
        if version == self._version:
            return self._decode(memoryview(kept)[1:])
        if version > _MOST_VERSIONS:
            return self._readers[0](memoryview(kept))
        if version > self._version:
            raise NewerStateError(
                f"tables: wanted {self._kind.__name__} of version {self._version} or older, got version {version}; "
                "a newer version of this software wrote it: run that one"
            )
        return self._readers[version](memoryview(kept)[1:])
