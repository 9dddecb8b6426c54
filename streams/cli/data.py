"""`tail` and `contracts`: events as they come out, and what they look like."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from schemas import documents, releases
from schemas.events import Event
from schemas.topics import TOPICS
from streams.app import planned_topics
from streams.cli.console import FAILED, Json, command, err, load_settings, out
from streams.cli.record_lines import print_record
from streams.errors import ConfigurationError
from streams.kafka.connection import KafkaConnection
from streams.kafka.tailing import follow
from streams.settings import KafkaSettings

_SCHEMAS = Path(documents.__file__).parent


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(tail)
    app.command()(contracts)


@command
def tail(
    topic: Annotated[
        str, typer.Argument(help="One that `topics list` lists; NAME.dlq has the dead letters of NAME.")
    ],
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="With what is there already.")
    ] = False,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many records.")] = None,
    product: Annotated[str | None, typer.Option(help="Only records of this product_id.")] = None,
    as_json: Json = False,
) -> None:
    """Print a topic's records as they come, until Ctrl-C or --count."""
    settings = load_settings()
    name, contract = _topic_named(topic, settings.kafka)
    connection = KafkaConnection.of(settings.kafka)

    async def main() -> None:
        seen = 0
        async with follow(connection, [name], from_beginning=from_beginning) as records:
            async for record in records:
                if product is not None and record.key != product.encode():
                    continue
                print_record(record, contract, as_json=as_json)
                seen += 1
                if seen == count:
                    return

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())


def _topic_named(given: str, kafka: KafkaSettings) -> tuple[str, type[Event] | None]:
    """The name on the broker of a topic that is given by its name there or here, and what it carries if not bytes.

    Raises:
        ConfigurationError: it is none of those that `topics list` lists.
    """
    contracts_by_name = {kafka.names(topic.name): topic.contract for topic in TOPICS}
    listed = [spec.name for spec in planned_topics(kafka)]
    name = given if given in listed else kafka.names(given)
    if name not in listed:
        raise ConfigurationError(
            f"tail: no topic of this project is named {given!r}; there are {', '.join(sorted(listed))}"
        )
    return name, contracts_by_name.get(name)


@command
def contracts(
    directory: Annotated[Path, typer.Option(help="Where the documents are.")] = _SCHEMAS / "generated",
    released: Annotated[Path, typer.Option(help="Where the JSON Schemas of the last release are.")] = _SCHEMAS
    / "released",
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing; exit 1 if the documents are not current, or a contract is not compatible with the "
            "last release, both ways, without a new major version.",
        ),
    ] = False,
    release: Annotated[
        bool,
        typer.Option(
            "--release",
            help="Keep today's JSON Schemas as those of the last release, if they are compatible.",
        ),
    ] = False,
) -> None:
    """Write the JSON Schema of every event, and the AsyncAPI document of all topics; or compare them."""
    if check or release:
        stale = documents.differences(directory)
        if stale:
            _refuse(stale, "the documents are not current; write them with `reviewstream contracts`")
        _refuse_breaks(released)
    if release:
        _show_paths(releases.write_release(released))
    elif not check:
        _show_paths(documents.write(directory))
    else:
        err.print("the documents are current, and compatible with the last release")


def _refuse_breaks(released: Path) -> None:
    try:
        found = releases.breaks(released)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"contracts: {error}") from error
    if found:
        _refuse(
            found, f"the contracts are not compatible with the release in {released}: {len(found)} breaks"
        )


def _refuse(lines: Sequence[object], why: str) -> NoReturn:
    for line in lines:
        out.print(str(line))
    err.print(why)
    raise typer.Exit(FAILED)


def _show_paths(paths: Sequence[Path]) -> None:
    for path in paths:
        out.print(str(path))
