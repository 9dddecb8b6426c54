"""`bench`: measures this machine, with our pipeline, the bare model, and what others would write side by side."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from streams.cli.console import Json, command, err, load_settings, out, print_json
from streams.cli.file_import import Columns, Constants, InputFile
from streams.errors import ConfigurationError

app = typer.Typer(
    help="Measure throughput, latency, memory and safety beside other ways.", no_args_is_help=True
)

Broker = Annotated[
    str,
    typer.Option(
        help="auto, kafka, configured or embedded. auto: Apache Kafka if it can be started here, else the rest."
    ),
]


@app.command()
@command
def enrich(
    input_file: InputFile = None,
    columns: Columns = "",
    constants: Constants = "",
    reviews: Annotated[int, typer.Option(help="How many reviews.", min=40)] = 2_000,
    repeats: Annotated[int, typer.Option(help="How often each contender is measured.", min=1)] = 5,
    events: Annotated[int, typer.Option(help="Events for the costless model.", min=10_000)] = 200_000,
    latency_s: Annotated[float, typer.Option(help="Seconds of open-loop load.", min=1)] = 40.0,
    only: Annotated[
        str, typer.Option(help="Contenders and phases to measure, by key, comma separated.")
    ] = "",
    broker: Broker = "auto",
    plot: Annotated[Path | None, typer.Option(help="Write the figure there, a PNG.", dir_okay=False)] = None,
    as_json: Json = False,
) -> None:
    """The enrich role beside the bare model and beside what others would write. Takes about half an hour."""
    load_settings()
    harness = _harness("enrich")
    drawn = _harness("reviews")
    if input_file is not None:
        chosen = drawn.reviews_of_file(input_file, columns, constants, reviews)
    else:
        chosen = drawn.drawn_reviews(reviews)
    _require_broker(broker)
    options = harness.Options(
        reviews=chosen,
        repeats=repeats,
        transport_events=events,
        latency_s=latency_s,
        broker=broker,
        only=harness.keys_of(only),
    )
    report = harness.run(options, err.print)
    if plot is not None:
        _harness("figure").draw(report, plot)
    _show(report.to_dict() if as_json else report.to_markdown())


@app.command()
@command
def safety(
    reviews: Annotated[int, typer.Option(help="How many reviews a run.", min=1_000)] = 8_000,
    kills: Annotated[int, typer.Option(help="SIGKILLs of the kill run.", min=1)] = 10,
    as_json: Json = False,
) -> None:
    """Poison, failing models and kills: the enrich role beside plain Faust agents. Wants Apache Kafka."""
    load_settings()
    harness = _harness("safety")
    rows = harness.run(reviews=reviews, kills=kills, say=err.print)
    _show(rows if as_json else harness.to_markdown(rows))


@app.command()
@command
def rolling(
    products: Annotated[
        str, typer.Option(help="Numbers of products, comma separated: a run for each.")
    ] = "10000,100000",
    events: Annotated[int, typer.Option(help="Enriched reviews of each run.", min=10_000)] = 100_000,
    broker: Broker = "auto",
    as_json: Json = False,
) -> None:
    """The rolling role beside a plain Faust table: events a second, bytes kept, recovery; and serving under load."""
    load_settings()
    _require_broker(broker)
    numbers = [number.strip() for number in products.split(",")]
    if not all(number.isdigit() and int(number) for number in numbers):
        raise ConfigurationError(
            f"bench: --products: wanted whole numbers such as 10000,100000, got {products!r}"
        )
    harness = _harness("rolling")
    report = harness.run(
        [int(number) for number in numbers],
        events,
        broker=broker,
        say=err.print,
    )
    _show(report if as_json else harness.to_markdown(report))


@app.command()
@command
def summaries(
    products: Annotated[int, typer.Option(help="Snapshots, each of a product of its own.", min=1)] = 32,
    repeats: Annotated[int, typer.Option(help="How often each is measured.", min=1)] = 3,
    reviews: Annotated[int, typer.Option(help="For the enrich role, alone and beside.", min=40)] = 1_200,
    broker: Broker = "auto",
    as_json: Json = False,
) -> None:
    """The generate role: texts a minute, its generator beside the bare one, and what it takes from enrichment."""
    load_settings()
    _require_broker(broker)
    harness = _harness("summaries")
    options = harness.Options(products=products, repeats=repeats, reviews=reviews, broker=broker)
    report = harness.run(options, err.print)
    _show(report.to_dict() if as_json else report.to_markdown())


@app.command()
@command
def gpu(
    readers: Annotated[
        list[str] | None,
        typer.Option(
            "--reader", metavar="REFERENCE", help="A reader to measure too; may be given several times."
        ),
    ] = None,
    generator: Annotated[
        str, typer.Option(metavar="REFERENCE", help="The generator to measure; empty for none.")
    ] = "builtin:smollm2-135m-instruct",
    device: Annotated[str, typer.Option(help="cuda, mps, or cpu to try the command.")] = "cuda",
    reviews: Annotated[int, typer.Option(help="How many reviews are read, again and again.", min=1)] = 2_000,
    seconds: Annotated[float, typer.Option(help="Of each of the measurements.", min=0.01)] = 15.0,
    as_json: Json = False,
) -> None:
    """Readers, the generator and training steps on a GPU, each beside its bare network. Takes under ten minutes."""
    loaded = load_settings()
    harness = _harness("gpu")
    options = harness.Options(device, tuple(readers or ()), generator, reviews, seconds)
    report = harness.run(options, loaded, err.print)
    _show(report.to_dict() if as_json else report.to_markdown())


def _show(report: object) -> None:
    """Markdown is text, everything else is for a machine."""
    if isinstance(report, str):
        out.print(report)
    else:
        print_json(report)


def _require_broker(choice: str) -> None:
    choices = _harness("brokers").CHOICES
    if choice not in choices:
        raise ConfigurationError(f"bench: --broker: wanted one of {', '.join(choices)}, got {choice!r}")


def _harness(name: str) -> ModuleType:
    """A module of the benchmark, which is not installed with the program: it lies with the tests.

    Raises:
        ConfigurationError: this is not a checkout, or the packages for development are missing.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "tests" / "bench").is_dir():
        raise ConfigurationError(
            "bench: the benchmark and its baselines are part of the repository, not of the installed package; "
            "clone it, and run `make bench` there"
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        return importlib.import_module(f"tests.bench.{name}")
    except ImportError as error:
        raise ConfigurationError(
            f"bench: {error}; install the packages for development: pip install -e '.[embedded,dev]'"
        ) from error
