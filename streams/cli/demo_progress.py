"""Tells on standard error where a running demonstration stands."""

import contextlib
from collections.abc import Callable, Iterator

from rich.live import Live
from rich.text import Text

from streams.cli.console import err
from streams.cli.review_lines import review_details, review_line
from streams.demo.runner import DemoProgress


@contextlib.contextmanager
def told_progress() -> Iterator[Callable[[DemoProgress], None]]:
    """Counts and the latest review, redrawn in place on a terminal; elsewhere the first review, once it is there."""
    if not err.is_terminal:
        yield _first_review()
        return
    with Live(console=err, refresh_per_second=8, transient=True) as live:

        def update(progress: DemoProgress) -> None:
            done = progress.enriched + progress.dead_lettered + progress.skipped
            text = Text.assemble(
                (f"published {progress.published}", "bold"),
                f"  done {done}  enriched {progress.enriched}  skipped {progress.skipped}  ",
                (f"set aside {progress.dead_lettered}", "red"),
                f"  {done / progress.seconds:.0f}/s" if progress.seconds > 0 else "",
            )
            if progress.latest is not None:
                text.append("\n")
                text.append_text(review_line(progress.latest))
            live.update(text)

        yield update


def _first_review() -> Callable[[DemoProgress], None]:
    """What prints the first review that comes out, once, in plain lines."""
    is_told = False

    def update(progress: DemoProgress) -> None:
        nonlocal is_told
        if progress.latest is None or is_told:
            return
        is_told = True
        err.print(f"the first review came out {progress.seconds:.1f} s after the first event was published:")
        err.print(review_line(progress.latest))
        for line in review_details(progress.latest):
            err.print(line)

    return update
