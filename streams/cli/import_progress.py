"""How far a file is read: rows, rows a second, time left; redrawn on a terminal, a line now and then elsewhere."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.live import Live
from rich.text import Text

from streams.cli.console import err

_REDRAWN_EVERY_S = 0.2
_TOLD_EVERY_S = 10.0
_LOOKED_AT_EVERY = 256


def progress_line(count: int, seconds: float, share: float | None) -> str:
    """Where reading stands.

    Args:
        count: rows so far.
        seconds: since the first.
        share: of the file that is read; None: not known.

    >>> progress_line(540_000, 18.0, 0.5)
    '540,000 rows, 30,000/s, 50 %, 0:18 left'
    >>> progress_line(1_000, 0.5, None)
    '1,000 rows, 2,000/s'
    """
    parts = [f"{count:,} rows", f"{count / seconds:,.0f}/s" if seconds > 0 else ""]
    if share:
        minutes, left = divmod(round(seconds * (1 - share) / share), 60)
        parts += [f"{share:.0%}".replace("%", " %"), f"{minutes}:{left:02} left"]
    return ", ".join(filter(None, parts))


@contextlib.contextmanager
def import_progress(what: str, share: Callable[[int], float | None]) -> Iterator[Callable[[int], None]]:
    """Show progress while the block runs.

    Args:
        what: is done, such as "publishing".
        share: of the file that is read, given how many rows were.

    Yields:
        What is to be told how many rows are done.
    """
    started = told = time.monotonic()

    def text(count: int) -> Text:
        return Text(f"{what}: {progress_line(count, time.monotonic() - started, share(count))}")

    with (
        Live(console=err, auto_refresh=False, transient=True)
        if err.is_terminal
        else contextlib.nullcontext() as live
    ):

        def update(count: int) -> None:
            nonlocal told
            now = time.monotonic() if count % _LOOKED_AT_EVERY == 0 else told
            if live is not None and now - told >= _REDRAWN_EVERY_S:
                told = now
                live.update(text(count), refresh=True)
            elif live is None and now - told >= _TOLD_EVERY_S:
                told = now
                err.print(text(count))

        yield update
