"""The bytes of a file or of standard input, decompressed, and how far they are read."""

import gzip
import io
import sys
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from streams.errors import ConfigurationError

#: The name that stands for standard input.
STANDARD_INPUT = Path("-")
#: What is looked at before anything is read, to find out compression, format and encoding.
_SAMPLE_BYTES = 4 << 20
_CHUNK_BYTES = 1 << 20
_PACKED_BYTES = 1 << 16
_GZIP, _ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class ByteSource:
    """Opens a file, or standard input for `-`.

    Attributes:
        path: as it was named.
        size: of what is on disk, in bytes; None: not known, as of standard input.
        compression: "gzip", "zstd" or "".
        sample: the first 4 MiB, decompressed.

    Raises:
        ConfigurationError: it cannot be opened, or is damaged at its beginning.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.compression = ""
        try:
            self._raw = cast("BinaryIO", sys.stdin.buffer) if self.is_standard_input else path.open("rb")
            self.size = None if self.is_standard_input else path.stat().st_size
            self._counted = _Counted(self._raw)
            self._bytes = self._decompressed()
            self.sample = _read_up_to(self._bytes, _SAMPLE_BYTES)
        except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
            if hasattr(self, "_raw"):
                self.close()
            raise ConfigurationError(
                f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"
            ) from error

    @property
    def is_standard_input(self) -> bool:
        """Whether it is read from a pipe and cannot be read again."""
        return self.path == STANDARD_INPUT

    @property
    def is_sample_whole(self) -> bool:
        """Whether there is nothing behind the sample."""
        return len(self.sample) < _SAMPLE_BYTES

    @property
    def position(self) -> int:
        """How many bytes of what is on disk were read; to be compared with `size`."""
        return self._counted.count

    @property
    def suffix(self) -> str:
        """The ending that tells the format, in small letters: that of `reviews.csv.gz` is `.csv`."""
        name = self.path.with_suffix("") if self.path.suffix.lower() in {".gz", ".zst"} else self.path
        return name.suffix.lower()

    def stream(self) -> io.BufferedReader:
        """All bytes from the beginning, once."""
        return io.BufferedReader(_Rewound(self.sample, self._bytes), _CHUNK_BYTES)

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if not self.is_standard_input:
            self._raw.close()

    def _decompressed(self) -> BinaryIO:
        buffered = io.BufferedReader(self._counted, _CHUNK_BYTES)
        head = buffered.peek(4)[:4]
        if head.startswith(_GZIP):
            self.compression = "gzip"
            return cast("BinaryIO", gzip.GzipFile(fileobj=buffered))
        if head == _ZSTANDARD:
            self.compression = "zstd"
            return cast("BinaryIO", _Unpacked(buffered))
        return cast("BinaryIO", buffered)


class _Counted(io.RawIOBase):
    """What is read through it is counted."""

    def __init__(self, raw: BinaryIO) -> None:
        super().__init__()
        self._raw = raw
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        chunk = self._raw.read(len(view))
        view[: len(chunk)] = chunk
        self.count += len(chunk)
        return len(chunk)


class _Unpacked(io.RawIOBase):
    """Frames of Zstandard, one after the other; unlike the library's reader it tells one that is cut off."""

    def __init__(self, packed: BinaryIO) -> None:
        super().__init__()
        self._packed = packed
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._is_within = False
        self._chunk = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        while not self._chunk:
            packed = self._packed.read(_PACKED_BYTES)
            if not packed:
                if self._is_within:
                    raise EOFError("the compressed data ends too early")
                return 0
            self._chunk = memoryview(self._unpack(packed))
        count = min(len(view), len(self._chunk))
        view[:count] = self._chunk[:count]
        self._chunk = self._chunk[count:]
        return count

    def _unpack(self, packed: bytes) -> bytes:
        unpacked = b""
        while packed:
            unpacked += self._frame.decompress(packed)
            self._is_within = not self._frame.eof
            packed = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
        return unpacked


class _Rewound(io.RawIOBase):
    """A sample that was taken already, and then the rest."""

    def __init__(self, sample: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._sample = memoryview(sample)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        chunk: memoryview | bytes = self._sample[: len(view)]
        if chunk:
            self._sample = self._sample[len(chunk) :]
        else:
            chunk = self._rest.read(len(view))
        view[: len(chunk)] = chunk
        return len(chunk)


def _read_up_to(stream: BinaryIO, count: int) -> bytes:
    """Read so many bytes, or all there are; a pipe and a decompressor give fewer at a time than they were asked for."""
    chunks: list[bytes] = []
    while count > 0 and (chunk := stream.read(min(count, _CHUNK_BYTES))):
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)
