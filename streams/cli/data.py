"""`tail` and `contracts`: events as they come out, and what they look like."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.text import Text

from schemas import documents, releases
from schemas.topics import TOPICS, dead_letter_topic
from streams.cli.console import FAILED, Json, command, err, load_settings, out, print_json
from streams.errors import ConfigurationError
from streams.kafka.connection import KafkaConnection
from streams.kafka.tailing import follow

_SCHEMAS = Path(documents.__file__).parent


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(tail)
    app.command()(contracts)


@command
def tail(
    topic: Annotated[str, typer.Argument(help="A topic's name; NAME.dlq for its dead letters.")],
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="With what is there already.")
    ] = False,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many records.")] = None,
    product: Annotated[str | None, typer.Option(help="Only records of this product_id.")] = None,
    as_json: Json = False,
) -> None:
    """Print a topic's records as they come, until Ctrl-C or --count."""
    known = {one.name for one in TOPICS} | {dead_letter_topic(one.name) for one in TOPICS if one.dead_letters}
    if topic not in known:
        raise ConfigurationError(
            f"tail: no topic of this project is named {topic!r}; there are {', '.join(sorted(known))}"
        )
    settings = load_settings()
    connection = KafkaConnection.of(settings.kafka)

    async def main() -> None:
        seen = 0
        async with follow(connection, [topic], from_beginning=from_beginning) as records:
            async for record in records:
                if product is not None and record.key != product.encode():
                    continue
                _print_record(record, as_json=as_json)
                seen += 1
                if seen == count:
                    return

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())


def _print_record(record: Any, *, as_json: bool) -> None:
    key = _text_of(record.key)
    headers = {name: _text_of(value) for name, value in record.headers}
    value = _text_of(record.value)
    if not as_json:
        line = Text.assemble(
            (f"{record.partition}/{record.offset}", "dim"), " ", (_on_one_line(key), "bold"), " "
        )
        for name, text in headers.items():
            line.append(_on_one_line(name.removeprefix("reviewstream-")), "yellow")
            line.append(f"={_on_one_line(text)} ")
        out.print(line.append(_on_one_line(value)))
        return
    told = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp_ms": record.timestamp,
        "key": key,
        "headers": headers,
    }
    try:
        print_json(told | {"value": orjson.loads(record.value) if record.value is not None else None})
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # no JSON, or nested deeper than can be written
        print_json(told | {"value": value})


def _text_of(raw: bytes | None) -> str | None:
    return raw.decode("utf-8", "replace") if raw is not None else None


def _on_one_line(text: str | None) -> str:
    return "null" if text is None else " ".join(text.splitlines())


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
