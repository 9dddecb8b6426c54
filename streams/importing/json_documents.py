"""Rows of a JSON document: a list of objects, or an object that holds one, read piece by piece."""

import json
from collections.abc import Iterator
from typing import NoReturn, TextIO

from streams.importing.rows import Row

_CHUNK_CHARACTERS = 1 << 16
#: An object that is not complete after so many characters is broken.
_MAX_OBJECT_CHARACTERS = 4 << 20
_SHOWN_RAW = 10_000
_WHITE = " \t\r\n"


class _BrokenError(Exception):
    """The document is no JSON from here on."""


def json_document(text: TextIO) -> Iterator[Row]:
    """Read the objects of the first list in a document, which may be the document itself.

    What follows a fault cannot be read; the row that says so is the last.
    """
    scanner = _Scanner(text)
    try:
        if scanner.peek() == "[":
            yield from _listed(scanner)
        else:
            yield from _within_object(scanner)
        if scanner.peek():
            scanner.fail("wanted the end of the document")
    except _BrokenError as error:
        raw = scanner.rest[:_SHOWN_RAW]
        yield Row(scanner.line, None, f"not JSON: {error}; what comes after it cannot be read", raw)


def _listed(scanner: "_Scanner") -> Iterator[Row]:
    scanner.take("[")
    while scanner.peek() != "]":
        line = scanner.line
        value = scanner.value()
        if isinstance(value, dict):
            yield Row(line, value)
        else:
            yield Row(line, None, "wanted a JSON object", str(value)[:_SHOWN_RAW])
        if scanner.peek() != "]":
            scanner.take(",")
    scanner.take("]")


def _within_object(scanner: "_Scanner") -> Iterator[Row]:
    line = scanner.line
    others: dict[str, object] = {}
    has_rows = False
    scanner.take("{")
    while scanner.peek() != "}":
        name = str(scanner.value())
        scanner.take(":")
        if scanner.peek() == "[" and not has_rows and scanner.peek(2) in {"[{", "[]"}:
            yield from _listed(scanner)
            has_rows = True
        else:
            at = scanner.line
            others[name] = scanner.value()
            if has_rows and _holds_rows(others[name]):
                yield Row(at, None, f"{name[:40]!r} is a second list of objects; only the first one is read")
        if scanner.peek() != "}":
            scanner.take(",")
    scanner.take("}")
    if not has_rows:
        yield Row(line, others)


def _holds_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


class _Scanner:
    """A text of which values are taken one by one, and no more of it is kept than a value needs."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._decoder = json.JSONDecoder(parse_constant=_no_number)
        self._buffer = ""
        self._at = 0
        self._is_over = False
        self.line = 1

    @property
    def rest(self) -> str:
        """What is kept and not taken yet."""
        return self._buffer[self._at :]

    def peek(self, count: int = 1) -> str:
        """The next characters that are not white, without taking them; "" at the end."""
        found = ""
        place = self._at
        while len(found) < count:
            if place == len(self._buffer):
                offset = place - self._at
                if not self._fill():
                    break
                place = self._at + offset
            elif (character := self._buffer[place]) not in _WHITE:
                found += character
                place += 1
            elif not found:
                self.line += character == "\n"
                self._at = place = place + 1
            else:
                place += 1
        return found

    def take(self, wanted: str) -> None:
        """Take one character that must be there."""
        if self.peek() != wanted:
            self.fail(f"wanted {wanted!r}")
        self._at += 1

    def value(self) -> object:
        """Take one value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                kept = len(self._buffer) - self._at
                if kept > _MAX_OBJECT_CHARACTERS or not self._fill(kept):
                    self.fail(str(error))
            else:
                if end < len(self._buffer) or not self._fill():
                    self.line += self._buffer.count("\n", self._at, end)
                    self._at = end
                    return value

    def fail(self, why: str) -> NoReturn:
        """Say that no more can be read."""
        raise _BrokenError(why if self._at < len(self._buffer) else f"{why}, got the end of the file")

    def _fill(self, more: int = 0) -> bool:
        """Read on, at least as much as there is, so that a long value is not tried again and again."""
        chunk = "" if self._is_over else self._text.read(max(_CHUNK_CHARACTERS, more))
        self._is_over = not chunk
        self._buffer = self._buffer[self._at :] + chunk
        self._at = 0
        return bool(chunk)
