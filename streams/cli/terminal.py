"""Where commands write: nothing that comes from events, brokers or files can steer the terminal or the layout."""

import re
from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from streams.logs import masked

#: Control characters but for line breaks and tabs, marks that reorder the text around them, surrogates alone.
_STEERING = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)


def harmless(text: str) -> str:
    """A text in which what would steer a terminal is a mark.

    >>> harmless("a" + chr(27) + "[2J[/b]")
    'a�[2J[/b]'
    """
    return _STEERING.sub("\ufffd", text)


def harmless_json(document: str) -> str:
    r"""The same JSON document, with what would steer a terminal as escapes.

    >>> harmless_json('{"id": "a' + chr(0x9b) + '2J"}')
    '{"id": "a\\u009b2J"}'
    """
    return _STEERING.sub(lambda steering: f"\\u{ord(steering[0]):04x}", document)


class SafeConsole(Console):
    """Prints texts as they are: square brackets are no mark-up, and what would steer the terminal is a mark.

    What is to be styled is a `rich.text.Text`, or has its style beside it.

    Args:
        stderr: write to standard error.
        width: in cells; None: that of the terminal.
        file: written to instead of the standard streams.
        is_terminal: whether to write colours; None: as where it writes to can.
    """

    def __init__(
        self,
        *,
        stderr: bool = False,
        width: int | None = None,
        file: IO[str] | None = None,
        is_terminal: bool | None = None,
    ) -> None:
        self._secrets: tuple[str, ...] = ()
        # Not wrapped or cut for a pipe: a table's cells are data there.
        super().__init__(
            stderr=stderr,
            width=width,
            file=file,
            force_terminal=is_terminal,
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=True,
        )

    def hide(self, secrets: tuple[str, ...]) -> None:
        """Mask these in whatever is printed from now on."""
        self._secrets = secrets

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See `Console`."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else harmless(masked(text, self._secrets)), style, control)
