"""`demo`, `up` and `worker`: the roles at work."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from schemas.reviews import ReviewEnriched
from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW
from streams import app as composition
from streams.cli.console import (
    FAILED,
    PARTLY,
    Json,
    command,
    err,
    load_settings,
    out,
    print_json,
    run_async,
    stop_on_signals,
)
from streams.cli.file_import import (
    Columns,
    Constants,
    DayFirst,
    EncodingName,
    FileImport,
    InputFile,
    PresetName,
    Rejects,
    Scale,
    TimezoneName,
    options_of,
)
from streams.cli.product_tables import show_products
from streams.demo import catalogue
from streams.demo.report import DemoReport
from streams.demo.runner import DemoProgress, run_demo, wait_until_ready
from streams.errors import ConfigurationError, FatalError, StoppedError
from streams.importing import AUTO, ImportOptions
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import Outgoing
from streams.local.deployment import Stack, local_stack, prepare_topics, running_roles
from streams.local.embedded import free_ports
from streams.settings import Settings

_LABEL_COLOURS = {"positive": "green", "neutral": "yellow", "negative": "red"}

_ROLES_TOLD = "; ".join(f"{role.name}: {role.does}" for role in composition.ROLES.values()) + "."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    app.command()(up)
    app.command()(worker)


@command
def worker(role: Annotated[str, typer.Argument(help=_ROLES_TOLD)]) -> None:
    """Run one role, for a cluster: workers of the same role share its partitions."""
    row = composition.role_named(role)
    settings = load_settings(role)

    async def main() -> None:
        await composition.run_role(row, settings, stop=stop_on_signals())

    run_async(main())


@command
def up() -> None:
    """Run all roles on this machine, supervised, with an embedded broker and Valkey where none is configured."""
    settings = load_settings("supervisor")

    async def main(stack: Stack) -> int:
        await prepare_topics(stack)
        async with running_roles(stack, stop=stop_on_signals()) as roles:
            kafka = stack.settings.kafka.bootstrap_servers
            err.print(
                f"broker {kafka}; publish with REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS={kafka} reviewstream publish FILE"
            )
            err.print(
                f"see what comes out with the same variable and: reviewstream tail {ENRICHED_REVIEW.name}"
            )
            for role, url in roles.urls.items():
                err.print(f"{role} {url}/readyz {url}/metrics")
            with contextlib.suppress(StoppedError, FatalError):  # the exit code tells
                await wait_until_ready(roles.urls.values(), roles.raise_if_down)
                err.print("ready", style="green")
            return await roles.exit_code()

    with local_stack(_with_fixed_port(settings)) as stack:
        code = run_async(main(stack))
    if code:
        raise typer.Exit(FAILED)


@command
def demo(
    input_file: InputFile = None,
    preset: PresetName = AUTO,
    columns: Columns = "",
    constants: Constants = "",
    encoding: EncodingName = None,
    day_first: DayFirst = None,
    timezone: TimezoneName = None,
    rating_scale: Scale = None,
    rejects: Rejects = None,
    keep: Annotated[bool, typer.Option("--keep", help="Stay up afterwards, until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Start everything, publish a catalogue of reviews, follow it through the pipeline, and sum it up."""
    options = options_of(columns, constants, preset, day_first, timezone, rating_scale)
    settings = load_settings()
    if input_file is None:
        if options != ImportOptions() or encoding is not None or rejects is not None:
            raise ConfigurationError("demo: options on reading a file belong to --input, which is missing")
        _demonstrate(settings, None, keep=keep, as_json=as_json)
        return
    with FileImport(input_file, NEW_REVIEW.name, options, encoding=encoding, rejects=rejects) as rows:
        _demonstrate(settings, rows, keep=keep, as_json=as_json)
        if rows.refused:
            raise typer.Exit(PARTLY)


def _demonstrate(settings: Settings, rows: FileImport | None, *, keep: bool, as_json: bool) -> None:
    items = catalogue.records(until=datetime.now(UTC)) if rows is None else _some(rows)
    settings = _on_free_ports(settings)

    async def main(stack: Stack) -> DemoReport:
        stop = stop_on_signals()
        await prepare_topics(stack)
        quiet = {"REVIEWSTREAM_LOG__LEVEL": "error"}
        async with running_roles(stack, stop=stop, environment=quiet) as roles:
            err.print("roles are starting and load their models ...")
            await wait_until_ready(roles.urls.values(), roles.raise_if_down)
            with _live_progress() as update:
                report = await run_demo(
                    KafkaConnection.of(stack.settings.kafka),
                    items,
                    catalogue.products() if rows is None else (),
                    update=update,
                    raise_if_down=roles.raise_if_down,
                )
            if rows is not None:
                rows.tell_end()
            _show(report, rows.refused if rows is not None else 0, as_json=as_json)
            if keep:
                err.print(f"staying up: broker {stack.settings.kafka.bootstrap_servers}; Ctrl-C ends it")
                await roles.exit_code()
            return report

    err.print(
        "starting an embedded broker and Valkey ..."
        if settings.kafka.bootstrap_servers is None
        else "using your broker ..."
    )
    with local_stack(settings) as stack:
        run_async(main(stack))


def _some(rows: FileImport) -> Iterable[Outgoing]:
    """The events of a file, of which there is one at least: without any, nothing need be started."""
    events = rows.events()
    first = next(events, None)
    if first is None:
        rows.tell_end()
        raise ConfigurationError(
            f"demo: all {rows.refused:,} rows were refused, for the reasons above; nothing started"
        )
    return chain([first], events)


def _with_fixed_port(settings: Settings) -> Settings:
    """`up` tells the workers' addresses, so port 0 becomes definite free ones."""
    return settings if settings.http.port else _on_free_ports(settings)


def _on_free_ports(settings: Settings) -> Settings:
    port = free_ports(len(composition.ROLES))
    return settings.model_copy(update={"http": settings.http.model_copy(update={"port": port})})


@contextlib.contextmanager
def _live_progress() -> Iterator[Callable[[DemoProgress], None]]:
    """Counts and the latest review, redrawn in place on a terminal; nothing elsewhere."""
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
                text.append_text(_one_line(progress.latest))
            live.update(text)

        yield update


def _one_line(event: ReviewEnriched) -> Text:
    sentiment, language = event.sentiment, event.language
    label = sentiment.label if sentiment is not None else event.status.replace("_", " ")
    share = f" {getattr(sentiment, label):.2f}" if sentiment is not None else ""
    text = (event.text or "").replace("\n", " ")
    return Text.assemble(
        (f"{label}{share}", _LABEL_COLOURS.get(label, "dim")),
        f"  {language.code if language is not None else '-'}  {event.product_id}  ",
        (text[:100] + ("…" if len(text) > 100 else ""), "italic"),
    )


def _show(report: DemoReport, refused_rows: int, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "published": report.published,
                "enriched": report.enriched,
                "dead_lettered": report.dead_lettered,
                "skipped": report.skipped,
                "repeats": report.repeats,
                "refused_rows": refused_rows,
                "seconds": report.seconds,
                "reviews_per_second": report.reviews_per_second,
                "by_label": report.by_label,
                "by_language": report.by_language,
                "by_reason": report.by_reason,
                "by_aspect": report.by_aspect,
                "by_flag": report.by_flag,
                "by_mask": report.by_mask,
                "samples": [event.model_dump(mode="json") for event in report.samples],
                "products": [event.model_dump(mode="json") for event in report.products],
                "alerts": [event.model_dump(mode="json") for event in report.alerts],
            }
        )
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("published", str(report.published), "events on new-review")
    table.add_row("enriched", str(report.enriched), _listed(report.by_label))
    table.add_row("skipped", str(report.skipped), "removals, passed on without a model")
    table.add_row("set aside", str(report.dead_lettered), _listed(report.by_reason))
    table.add_row("languages", "", _listed(report.by_language))
    table.add_row("flags", "", _listed(report.by_flag))
    table.add_row("masked", "", _listed(report.by_mask))
    table.add_row(
        "speed",
        f"{report.reviews_per_second:.0f}/s",
        f"{report.seconds:.1f} s from the first event to the last",
    )
    out.print(table)
    out.print()
    out.print(_aspect_table(report.by_aspect))
    show_products(report.products, report.alerts)
    out.print("\nsome reviews:")
    for event in report.samples:
        out.print(_one_line(event))
        for line in _details(event):
            out.print(line)


def _aspect_table(by_aspect: Mapping[str, Mapping[str, int]]) -> Table:
    """How many reviews speak of each aspect, and how."""
    table = Table("reviews speak of", *_LABEL_COLOURS, box=None, pad_edge=False)
    for aspect, counts in by_aspect.items():
        table.add_row(
            aspect.replace("_", " "),
            *(Text(str(counts.get(label, 0)), style=colour) for label, colour in _LABEL_COLOURS.items()),
        )
    return table


def _details(event: ReviewEnriched) -> Iterator[Text]:
    """What else is known of a review: aspects with their words, doubts, masks."""
    for opinion in event.aspects:
        name, colour = opinion.aspect.replace("_", " "), _LABEL_COLOURS[opinion.sentiment]
        yield Text.assemble("    ", (name, colour), "  ", (f"“{opinion.quote[:70]}”", "dim"))
    for flag in event.flags:
        yield Text.assemble("    ", (flag.kind.replace("_", " "), "magenta"), f"  {flag.reason[:80]}")
    if event.masked:
        kinds = sorted({mask.kind.replace("_", " ") for mask in event.masked})
        yield Text.assemble("    ", ("masked", "cyan"), f"  {', '.join(kinds)}")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {count}"
        for name, count in sorted(counts.items(), key=lambda item: -item[1])
    )
