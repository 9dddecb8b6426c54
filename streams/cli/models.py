"""`train`, `evaluate` and `doctor`: what the models are made of, how good they are, and whether all is well."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from models.errors import ModelError
from streams import evaluating
from streams.cli.console import FAILED, Json, command, err, load_settings, out, print_json, run_async
from streams.doctor import Finding, examine
from streams.errors import ConfigurationError
from streams.rows import parse_assignments


class Task(StrEnum):
    """What a model can be trained or evaluated for."""

    SENTIMENT = "sentiment"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(train)
    app.command()(evaluate)
    app.command()(doctor)


@command
def train(
    task: Annotated[Task, typer.Argument(help="What to train.")],
    data: Annotated[Path, typer.Option(help="The directory of labelled sets.", exists=True, file_okay=False)],
    output: Annotated[Path, typer.Option(help="The directory to write the model to.")],
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 7,
    as_json: Json = False,
) -> None:
    """Train the head of the built-in encoder, measure it, and write weights and model card."""
    load_settings()
    from models.training.sentiment import train_sentiment  # noqa: PLC0415 - torch takes seconds to import

    del task  # there is one so far, and typer has checked its name
    try:
        report = train_sentiment(data, output, seed=seed, progress=lambda line: err.print(line, markup=False))
    except ModelError as error:
        raise ConfigurationError(f"train: {error}") from error
    if as_json:
        print_json(report.to_dict())
    else:
        out.print(f"wrote {output}; its numbers are in {output / 'metrics.json'}", markup=False)


@command
def evaluate(
    task: Annotated[Task, typer.Argument(help="What to measure.")],
    file: Annotated[Path, typer.Argument(help="JSONL, CSV or TSV with texts and labels.", dir_okay=False)],
    text: Annotated[str, typer.Option(help="The column of the text.")] = "text",
    label: Annotated[str, typer.Option(help="The column of the label.")] = "label",
    labels: Annotated[
        str,
        typer.Option(
            "--map",
            metavar="VALUE=LABEL,...",
            help="What the file's labels mean, e.g. 0=negative,1=positive.",
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Measure the configured model on labelled reviews of one's own."""
    settings = load_settings()
    del task
    report = evaluating.evaluate_sentiment(
        settings,
        file,
        text_column=text,
        label_column=label,
        label_names=parse_assignments(labels, "--map"),
        progress=lambda line: err.print(line, markup=False),
    )
    if as_json:
        print_json(report)
        return
    table = Table("class", "precision", "recall", "F1", "support", box=None)
    for name, numbers in report["per_class"].items():
        table.add_row(
            name, *(f"{numbers[key]:.3f}" for key in ("precision", "recall", "f1")), str(numbers["support"])
        )
    out.print(table)
    out.print(
        f"accuracy {report['accuracy']:.3f}, macro-F1 {report['macro_f1']:.3f}, calibration error {report['ece']:.3f}, "
        f"{report['reviews']} reviews at {report['reviews_per_second']:.0f} a second, "
        f"{report['model']['name']} {report['model']['version']}"
    )
    if report["skipped"]:
        err.print(f"{report['skipped']} rows were skipped: no text, or a label that --map does not name")


@command
def doctor(as_json: Json = False) -> None:
    """Check configuration, broker, topics, Redis, models and device, and say what to do."""
    settings = load_settings()
    findings = run_async(examine(settings))
    failed = any(finding.status == "failed" for finding in findings)
    if as_json:
        print_json({"ok": not failed, "findings": [finding.to_dict() for finding in findings]})
    else:
        for finding in findings:
            _print_finding(finding)
    if failed:
        raise typer.Exit(FAILED)


def _print_finding(finding: Finding) -> None:
    colour = {"ok": "green", "note": "yellow", "failed": "red"}[finding.status]
    out.print(f"[{colour}]{finding.status:>6}[/]  [bold]{finding.subject:<14}[/]", end=" ")
    out.print(finding.message, markup=False)
    if finding.advice:
        out.print(f"{'':24}{finding.advice}", markup=False)
