"""`reviewstream topics`: create, check and list the topics on a broker of one's own."""

import asyncio

import typer
from rich.table import Table

from schemas.topics import TOPICS
from streams.app import planned_topics
from streams.cli.console import FAILED, Json, command, err, load_settings, out, print_json
from streams.kafka import topic_admin
from streams.kafka.connection import KafkaConnection

app = typer.Typer(help="Create, check and list the topics on the configured broker.", no_args_is_help=True)


@app.command()
@command
def create(as_json: Json = False) -> None:
    """Create the topics that are missing; the ones that exist are left as they are."""
    settings = load_settings()
    kafka = settings.kafka
    created = asyncio.run(topic_admin.create(KafkaConnection.of(kafka), planned_topics(kafka)))
    if as_json:
        print_json({"created": sorted(created)})
        return
    for name in sorted(created):
        out.print(f"created {name}")
    err.print(f"{len(created)} created, the others exist")


@app.command()
@command
def check(as_json: Json = False) -> None:
    """Name every difference between the broker's topics and what they should be; exit 1 if there is one."""
    settings = load_settings()
    kafka = settings.kafka
    found = asyncio.run(topic_admin.check(KafkaConnection.of(kafka), planned_topics(kafka)))
    if as_json:
        print_json({"differences": found})
    else:
        for difference in found:
            out.print(difference)
        err.print("no differences" if not found else f"{len(found)} differences")
    if found:
        raise typer.Exit(FAILED)


@app.command("list")
@command
def list_topics(as_json: Json = False) -> None:
    """List the topics of this project, and what each is for; no broker is asked."""
    settings = load_settings()
    wanted = planned_topics(settings.kafka)
    kafka = settings.kafka
    contracts = {kafka.names(topic.name): topic.contract.__name__ for topic in TOPICS}
    rows = [
        {
            "name": spec.name,
            "contract": contracts.get(spec.name, "raw bytes"),
            "partitions": spec.partitions,
            "replication_factor": spec.replication_factor,
            **spec.configuration,
        }
        for spec in wanted
    ]
    if as_json:
        print_json(rows)
        return
    table = Table("topic", "contract", "partitions", "cleanup", "retention", box=None)
    for row in rows:
        retention_ms = row.get("retention.ms")
        retention = (
            f"{int(str(retention_ms)) // 86_400_000} days"
            if retention_ms not in {None, "-1"}
            else "newest per key"
        )
        table.add_row(
            str(row["name"]),
            str(row["contract"]),
            str(row["partitions"]),
            str(row["cleanup.policy"]),
            retention,
        )
    out.print(table)
