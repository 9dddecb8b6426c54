"""Rows of JSONL: an object a line."""

from collections.abc import Iterator
from typing import IO, AnyStr

import orjson

from streams.importing.long_lines import TOO_LONG, bounded_lines
from streams.importing.rows import Row

_SHOWN_RAW = 10_000


def json_lines(stream: IO[AnyStr], advice: str) -> Iterator[Row]:
    """Read an object a line; empty lines are passed over.

    Args:
        stream: of bytes where they are UTF-8, else decoded.
        advice: what to say of characters that could not be decoded.
    """
    loads = orjson.loads
    for line, content, is_too_long in bounded_lines(stream):
        if is_too_long:
            yield Row(line, None, TOO_LONG, _shown(content[:_SHOWN_RAW]))
            continue
        try:
            fields = loads(content)
        except orjson.JSONDecodeError as error:
            if content.strip():
                yield Row(line, None, _problem(content, error, advice), _shown(content))
        else:
            if isinstance(fields, dict):
                yield Row(line, fields)
            else:
                yield Row(line, None, "wanted a JSON object", _shown(content))


def _problem(content: bytes | str, error: orjson.JSONDecodeError, advice: str) -> str:
    try:
        content.decode() if isinstance(content, bytes) else content.encode()
    except UnicodeError:
        return advice
    return f"not JSON: {error}"


def _shown(content: bytes | str) -> str:
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode()[:_SHOWN_RAW].rstrip("\r\n")
