"""The command line: data on standard output, progress and logs on standard error, exit codes that mean something.

0  done
1  failed; one line on standard error says at which step, and what to do
2  the command was not understood, or a setting does not fit
3  done in part: what was refused is listed on standard error
130  interrupted
"""

from importlib import metadata
from typing import Annotated

import typer

from streams.cli import bench, copywriting, data, models, publishing, running, serving, summarise, topics


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(metadata.version("reviewstream"))
        raise typer.Exit


app = typer.Typer(
    name="reviewstream",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def program(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Turns a shop's stream of reviews into enriched reviews, while it happens."""


running.register(app)
publishing.register(app)
data.register(app)
models.register(app)
serving.register(app)
summarise.register(app)
copywriting.register(app)
app.add_typer(topics.app, name="topics")
app.add_typer(serving.app, name="serving")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Entry point of `reviewstream`."""
    app()


if __name__ == "__main__":
    main()
