"""`summarise`: a file of comments in words, each sentence with what it stands on."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.console import FAILED, PARTLY, Json, command, err, fail, load_settings, out, print_json
from streams.cli.file_import import FORMATS, Columns, EncodingName, PresetName, show_bad_row
from streams.importing import AUTO, parse_assignments
from streams.offline.summarising import Summarised
from streams.offline.summarising import summarise as summarise_file

_MAX_EVIDENCE = 5
_MAX_BAD_ROWS = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(summarise)


@command
def summarise(
    file: Annotated[Path, typer.Argument(help=f"{FORMATS}; or .txt, a comment a line.", dir_okay=False)],
    preset: PresetName = AUTO,
    columns: Columns = "",
    encoding: EncodingName = None,
    text: Annotated[
        str | None, typer.Option(help="The column of the comments, where it is not text.")
    ] = None,
    words: Annotated[
        int | None,
        typer.Option(
            min=10,
            help="A shorter text: of so many words (Chinese: characters), without a sentence on all comments.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Summarise comments in words, each sentence with the comments it stands on.

    Exits with 3 if rows were refused.
    """
    mapped = parse_assignments(columns, "--map") | ({"text": text} if text else {})
    found = summarise_file(
        load_settings(),
        file,
        columns=mapped,
        progress=err.print,
        most_words=words,
        preset=preset,
        encoding=encoding,
    )
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)
    for bad in found.refused[:_MAX_BAD_ROWS]:
        show_bad_row(file, bad)
    if len(found.refused) > _MAX_BAD_ROWS:
        err.print(f"... and {len(found.refused) - _MAX_BAD_ROWS:,} more rows were refused")
    if found.refused:
        raise typer.Exit(PARTLY)


def _print(found: Summarised) -> None:
    made = found.composition
    if not made.claims:
        languages = ", ".join(sorted(found.snapshot.counts.languages)) or "none"
        fail(
            f"summarise: there is nothing that can be told; no model reads these languages: {languages}",
            FAILED,
        )
    out.print(made.text)
    for words, aspects in (("praised", made.pros), ("criticised", made.cons)):
        if aspects:
            out.print(f"{words}: {', '.join(aspects)}")
    for number, claim in enumerate(made.claims, start=1):
        out.print(f"\n{number}. {claim.text}")
        if claim.aspect is None:
            out.print(f"   counted in all {claim.count} comments")
        evidence = found.evidence(claim)
        for one in evidence[:_MAX_EVIDENCE]:
            words = f"  “{one['quote']}”" if one["quote"] else ""
            out.print(f"   row {one['row']}{words}")
        if len(evidence) > _MAX_EVIDENCE:
            out.print(f"   and {len(evidence) - _MAX_EVIDENCE} more rows")
    if found.has_topics:
        out.print("\nThe aspects of products do not fit these comments, so what several say alike is told.")
