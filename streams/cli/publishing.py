"""`publish`: a file's rows as events, or what they would be."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from schemas.reviews import Review
from schemas.topics import INPUTS, NEW_REVIEW
from streams.cli.console import PARTLY, Json, command, load_settings, out, print_json, run_async
from streams.cli.file_import import (
    FORMATS,
    Columns,
    Constants,
    DayFirst,
    EncodingName,
    FileImport,
    PresetName,
    Rejects,
    Scale,
    TimezoneName,
    options_of,
)
from streams.cli.import_progress import import_progress
from streams.importing import AUTO, ReadyEvent
from streams.kafka.connection import KafkaConnection
from streams.kafka.publishing import publish as publish_items

_EVENTS_SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(publish)


@command
def publish(
    file: Annotated[Path, typer.Argument(help=f"{FORMATS}.", dir_okay=False)],
    topic: Annotated[
        str, typer.Option(help=f"One of {', '.join(topic.name for topic in INPUTS)}.")
    ] = NEW_REVIEW.name,
    preset: PresetName = AUTO,
    columns: Columns = "",
    constants: Constants = "",
    encoding: EncodingName = None,
    day_first: DayFirst = None,
    timezone: TimezoneName = None,
    rating_scale: Scale = None,
    rejects: Rejects = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Publish nothing: show the first events, counts, every complaint."),
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="Events a second; without it, as fast as possible.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish a file's rows as events. Bad rows are named with line and reason, the rest is published.

    A row without `created_at` gets the time of publication; times more than 2 days from now are refused, and so are
    unknown columns of a copy-request. Exits with 3 if rows were refused.
    """
    options = options_of(columns, constants, preset, day_first, timezone, rating_scale)
    settings = load_settings()
    connection = None if dry_run else KafkaConnection.of(settings.kafka)
    with FileImport(file, topic, options, encoding=encoding, rejects=rejects, tells_all=dry_run) as rows:
        if connection is None:
            _show_dry_run(rows, topic, as_json=as_json)
        else:
            _publish(rows, connection, settings.kafka.names(topic), rate, as_json=as_json)
        if rows.refused:
            raise typer.Exit(PARTLY)


def _publish(
    rows: FileImport, connection: KafkaConnection, topic: str, rate: float | None, *, as_json: bool
) -> None:
    with import_progress("publishing", rows.share) as update:
        done = run_async(publish_items(connection, topic, rows.events(), rate=rate, progress=update))
    rows.tell_end()
    published = len(done.positions)
    if as_json:
        print_json(
            {"topic": topic, "published": published, "seconds": round(done.seconds, 3)} | rows.to_dict()
        )
    else:
        out.print(f"published {published} to {topic} in {done.seconds:.1f} s, refused {rows.refused}")


@dataclass(slots=True)
class _Counts:
    """What is known of the events that would be published."""

    events: int = 0
    ratings: int = 0
    stars: float = 0.0
    without_text: int = 0
    earliest: datetime | None = None
    latest: datetime | None = None
    first: list[object] = field(default_factory=list)

    def add(self, ready: ReadyEvent) -> None:
        self.events += 1
        if len(self.first) < _EVENTS_SHOWN:
            self.first.append(orjson.loads(ready.value))
        review = ready.event
        if isinstance(review, Review):
            self.without_text += review.text is None
            if review.rating is not None:
                self.ratings += 1
                self.stars += review.rating
            self.earliest = min(self.earliest or review.created_at, review.created_at)
            self.latest = max(self.latest or review.created_at, review.created_at)

    def average(self) -> float | None:
        """Stars of those that are rated."""
        return self.stars / self.ratings if self.ratings else None

    def to_dict(self) -> dict[str, object]:
        """Everything, ready for JSON."""
        return {
            "would_publish": self.events,
            "ratings": self.ratings,
            "average_rating": self.average(),
            "without_text": self.without_text,
            "earliest": self.earliest,
            "latest": self.latest,
            "events": self.first,
        }


def _counted(events: Iterable[ReadyEvent], rows: FileImport) -> _Counts:
    counts = _Counts()
    with import_progress("reading", rows.share) as update:
        for ready in events:
            counts.add(ready)
            update(counts.events)
    return counts


def _show_dry_run(rows: FileImport, topic: str, *, as_json: bool) -> None:
    counts = _counted(rows.events(), rows)
    rows.tell_end()
    if as_json:
        print_json({"topic": topic, "dry_run": True} | counts.to_dict() | rows.to_dict())
        return
    for event in counts.first:
        out.print(orjson.dumps(event).decode())
    if counts.earliest is not None and counts.latest is not None:
        average = counts.average()
        shown = f", {average:.2f} on average" if average is not None else ""
        out.print(
            f"{counts.ratings:,} of {counts.events:,} are rated{shown}; {counts.without_text:,} have no text"
        )
        out.print(f"written from {counts.earliest.isoformat()} to {counts.latest.isoformat()}")
    out.print(f"would publish {counts.events} to {topic}, refuse {rows.refused}; nothing was published")
