"""`demo`, `up` and `worker`: the roles at work."""

import contextlib
import shlex
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated

import typer

from schemas.topics import ENRICHED_REVIEW, NEW_REVIEW
from streams import app as composition
from streams.cli.console import (
    FAILED,
    PARTLY,
    Json,
    command,
    err,
    load_settings,
    run_async,
    stop_on_signals,
)
from streams.cli.demo_progress import told_progress
from streams.cli.demo_report import show_report
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
from streams.demo import catalogue
from streams.demo.report import DemoReport
from streams.demo.runner import run_demo, wait_until_ready
from streams.errors import ConfigurationError, FatalError, StoppedError
from streams.importing import AUTO, ImportOptions
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import Outgoing
from streams.local.deployment import Roles, Stack, local_stack, prepare_topics, running_roles
from streams.local.embedded import free_ports
from streams.settings import PREFIX, Settings

_LABEL_COLOURS = {"positive": "green", "neutral": "yellow", "negative": "red"}

_SERVE = "serve"
_BROKER_VARIABLE = f"{PREFIX}KAFKA__BOOTSTRAP_SERVERS"

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
            err.print(f"broker {kafka}; publish with {_BROKER_VARIABLE}={kafka} reviewstream publish FILE")
            err.print(
                f"see what comes out with the same variable and: reviewstream tail {ENRICHED_REVIEW.name}"
            )
            err.print(f"look at what is served with: reviewstream products --url {roles.urls[_SERVE]}")
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
            with told_progress() as update:
                report = await run_demo(
                    KafkaConnection.of(stack.settings.kafka),
                    items,
                    catalogue.products() if rows is None else (),
                    names=stack.settings.kafka.names,
                    update=update,
                    raise_if_down=roles.raise_if_down,
                )
            if rows is not None:
                rows.tell_end()
            show_report(report, rows.refused if rows is not None else 0, as_json=as_json)
            if keep:
                _tell_addresses(stack, roles, report)
                await roles.exit_code()
            return report

    err.print(
        "starting an embedded broker and Valkey ..."
        if settings.kafka.bootstrap_servers is None
        else "using your broker ..."
    )
    with local_stack(settings) as stack:
        run_async(main(stack))


def _tell_addresses(stack: Stack, roles: Roles, report: DemoReport) -> None:
    """Where a demonstration that stays up is, and the commands that look at it from another terminal."""
    broker, url = stack.settings.kafka.bootstrap_servers, roles.urls[_SERVE]
    product = shlex.quote(report.products[0].product_id) if report.products else "PRODUCT"
    err.print(f"staying up until Ctrl-C: products at {url}, broker {broker}; from another terminal:")
    err.print(f"  reviewstream show {product} --url {url}")
    err.print(f"  reviewstream products --url {url}")
    err.print(f"  {_BROKER_VARIABLE}={broker} reviewstream tail {ENRICHED_REVIEW.name} --from-beginning")


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
