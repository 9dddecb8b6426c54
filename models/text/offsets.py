"""Where the pieces of a changed text stood in the text that it was made of."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

Span = tuple[int, int]


class Edit(NamedTuple):
    """`text[start:end]`, in code points, gives way to `replacement`."""

    start: int
    end: int
    replacement: str


class _Layer(NamedTuple):
    """One round of edits: where each begins and ends in the text after it, and in the text before it."""

    starts_after: tuple[int, ...]
    ends_after: tuple[int, ...]
    starts_before: tuple[int, ...]
    ends_before: tuple[int, ...]

    def span_before(self, start: int, end: int) -> Span:
        before = self._start_before(start)
        return before, max(before, self._end_before(end))

    def _start_before(self, start: int) -> int:
        index = bisect_right(self.starts_after, start) - 1
        if index < 0:
            return start
        if start < self.ends_after[index]:
            return self.starts_before[index]
        return self.ends_before[index] + start - self.ends_after[index]

    def _end_before(self, end: int) -> int:
        index = bisect_left(self.starts_after, end) - 1
        if index < 0:
            return end
        if end <= self.ends_after[index]:
            return self.ends_before[index]
        return self.ends_before[index] + end - self.ends_after[index]


class Origin(NamedTuple):
    """Leads from a changed text back to its original, through all rounds of edits; `UNCHANGED` has none."""

    layers: tuple[_Layer, ...] = ()

    def span(self, start: int, end: int) -> Span:
        """The piece of the original that `[start, end)` of the changed text was made of, in code points.

        What was replaced is taken whole: half of a placeholder leads to all that it stands for. What was removed
        at the edges of the piece does not belong to it.
        """
        for layer in reversed(self.layers):
            start, end = layer.span_before(start, end)
        return start, end

    def then(self, later: "Origin") -> "Origin":
        """The way back from a text that was made of this one's."""
        return Origin(self.layers + later.layers) if later.layers else self


UNCHANGED = Origin()


class EditedText(NamedTuple):
    """A text after edits.

    Attributes:
        text: what they made of it.
        origin: leads back to the text before them.
    """

    text: str
    origin: Origin = UNCHANGED

    def edited(self, edits: Iterable[Edit]) -> "EditedText":
        """The text after more edits, which refer to this text, are in order and do not overlap.

        >>> once = EditedText("A &amp; B").edited([Edit(2, 7, "&")])
        >>> once.text, once.origin.span(2, 3)
        ('A & B', (2, 7))
        """
        text = self.text
        pieces: list[str] = []
        starts_after, ends_after, starts_before, ends_before = [], [], [], []
        copied = length = 0
        for start, end, replacement in edits:
            length += start - copied
            pieces += text[copied:start], replacement
            starts_after.append(length)
            length += len(replacement)
            ends_after.append(length)
            starts_before.append(start)
            ends_before.append(end)
            copied = end
        if not pieces:
            return self
        layer = _Layer(tuple(starts_after), tuple(ends_after), tuple(starts_before), tuple(ends_before))
        return EditedText("".join(pieces) + text[copied:], Origin((*self.origin.layers, layer)))
