"""Lines of a file of any size, of which none is held that has no end."""

from collections.abc import Iterator
from functools import partial
from typing import IO, AnyStr, NamedTuple

#: Characters, or bytes, of a line; a longer one is none.
MAX_LINE = 4 << 20
#: For people.
TOO_LONG = (
    f"the line is longer than {MAX_LINE // (1 << 20)} Mi characters: wanted one row a line, each with its end; "
    "is this one JSON document? name it .json"
)


class Line(NamedTuple):
    """One line; of a line that is too long the beginning."""

    number: int
    content: bytes | str
    is_too_long: bool = False


def bounded_lines(stream: IO[AnyStr]) -> Iterator[Line]:
    """The lines of a stream, numbered from 1, each in at most `MAX_LINE`; what is beyond that is passed over."""
    read = partial(stream.readline, MAX_LINE + 1)
    for number, content in enumerate(iter(read, stream.read(0)), start=1):
        is_too_long = len(content) > MAX_LINE and not _has_end(content)
        yield Line(number, content, is_too_long)
        while is_too_long and (more := read()):
            is_too_long = not _has_end(more)


def _has_end(content: bytes | str) -> bool:
    return content[-1:] in {b"\n", "\n", "\r"}
