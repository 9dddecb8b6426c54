"""`train`, `evaluate`, `explain` and `doctor`: what the models are made of, how good they are, if all is well."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from models.errors import ModelError
from models.training.cards.report import TrainingReport
from streams.cli.console import FAILED, Json, command, err, load_settings, out, print_json, run_async
from streams.cli.explanation_page import explanation_page
from streams.cli.file_import import EncodingName
from streams.cli.measure import Measurable, Measure
from streams.errors import ConfigurationError
from streams.importing import parse_assignments
from streams.local.doctor import Finding, examine
from streams.offline import explaining


class Trainable(StrEnum):
    """What can be trained."""

    REVIEWS_EN = "reviews-en"
    REVIEWS_ZH = "reviews-zh"
    GENERATOR = "generator"
    GENERATOR_ZH = "generator-zh"


_READERS = (Trainable.REVIEWS_EN, Trainable.REVIEWS_ZH)

Language = Annotated[
    str | None, typer.Option(help="The language of every text, e.g. en; else each is identified.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(train)
    app.command()(evaluate)
    app.command()(explain)
    app.command()(doctor)


@command
def train(
    task: Annotated[Trainable, typer.Argument(help="What to train.")],
    data: Annotated[Path, typer.Option(help="The directory of labelled sets.", exists=True, file_okay=False)],
    output: Annotated[Path, typer.Option(help="The directory to write the model to.")],
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 7,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REFERENCE",
            help="What to train on: of a generator a model, builtin:, path: or hf:; of reviews-en and reviews-zh any "
            "encoder of transformers, path: or hf:; else the built-in one.",
        ),
    ] = None,
    lora: Annotated[
        int | None,
        typer.Option(
            metavar="RANK",
            min=1,
            help="Of reviews-en and reviews-zh: train low-rank updates of the encoder's layers, not the layers.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a reader of reviews, or an adapter of a generator; measure it, write weights and model card."""
    load_settings()
    run = _trainer(task, base, lora)
    try:
        report = run(data, output, seed=seed, progress=err.print)
    except ModelError as error:
        raise ConfigurationError(f"train: {error}") from error
    if as_json:
        print_json(report.to_dict())
    else:
        out.print(f"wrote {output}; its numbers are in {output / 'metrics.json'}")


def _trainer(task: Trainable, base: str | None, lora: int | None) -> Callable[..., TrainingReport]:
    """What trains; each imports torch, which takes seconds."""
    if lora is not None and task not in _READERS:
        raise ConfigurationError(f"train: --lora is of {' and '.join(_READERS)}; leave it out of {task}")
    if task in {Trainable.GENERATOR, Trainable.GENERATOR_ZH}:
        run = (
            _named("chinese_generator", "train_chinese_phrases")
            if task is Trainable.GENERATOR_ZH
            else _named("generator", "train_generator")
        )
        return run if base is None else partial(run, base=base)
    return partial(_named("reader", "train_reader"), task.value, base=base, low_rank=lora or 0)


def _named(module: str, function: str) -> Callable[..., TrainingReport]:
    trainer: Callable[..., TrainingReport] = getattr(import_module(f"models.training.{module}"), function)
    return trainer


@command
def evaluate(
    task: Annotated[Measurable, typer.Argument(help="What to measure.")],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="CSV, TSV, JSON, JSONL or Parquet with texts and labels; for key points OPOSUM's directory; for "
            "summaries FewSum's file, or a directory of FewSum, Opinosis or OPOSUM; for copy products.",
        ),
    ],
    text: Annotated[str, typer.Option(help="The column of the text.")] = "text",
    label: Annotated[str, typer.Option(help="The column of the label.")] = "label",
    aspect: Annotated[str, typer.Option(help="The column of the aspect, in rows of one.")] = "aspect",
    names: Annotated[
        str,
        typer.Option(
            "--map",
            metavar="VALUE=LABEL,...",
            help="What the file's labels and aspects mean, e.g. 0=negative,1=positive.",
        ),
    ] = "",
    language: Language = None,
    encoding: EncodingName = None,
    plot: Annotated[
        Path | None, typer.Option(help="Write the confusion matrix there, a PNG.", dir_okay=False)
    ] = None,
    written_by: Annotated[
        str,
        typer.Option(
            help="Whose summaries: published (as the generate role writes them), template (without a generator) or "
            "plain (whole sentences of reviews)."
        ),
    ] = "published",
    as_json: Json = False,
) -> None:
    """Measure the configured models on labelled reviews of one's own."""
    measure = Measure(load_settings(), file, language, plot, as_json=as_json, encoding=encoding)
    mapped = parse_assignments(names, "--map")
    if task is Measurable.KEY_POINTS:
        measure.key_points()
    elif task is Measurable.SUMMARIES:
        measure.summaries(written_by)
    elif task is Measurable.COPY:
        measure.copy()
    elif task is Measurable.SENTIMENT:
        measure.sentiment(text, label, mapped)
    else:
        measure.aspects(text, aspect, label, mapped)


@command
def explain(
    text: Annotated[str, typer.Argument(help="A review.")],
    rating: Annotated[float | None, typer.Option(min=0, max=5, help="The stars beside it, 0 to 5.")] = None,
    language: Language = None,
    as_json: Json = False,
) -> None:
    """Read one review, and show what counts of it and what the answer stands on."""
    found = explaining.explain(load_settings(), text, language=language, rating=rating)
    if as_json:
        print_json(found)
    else:
        is_coloured = out.is_terminal and not out.no_color
        out.print(explanation_page(found, is_coloured=is_coloured), soft_wrap=False)


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
    subject = (f"{finding.subject:<14}", "bold")
    out.print(Text.assemble((f"{finding.status:>6}", colour), "  ", subject, f" {finding.message}"))
    if finding.advice:
        out.print(f"{'':24}{finding.advice}")
