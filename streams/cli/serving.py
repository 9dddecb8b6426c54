"""`show`, `products` and `serving rebuild`: what is served, and filling its store anew."""

from typing import Annotated, get_args

import typer
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from schemas.serving import MAX_PAGE_PRODUCTS, ListedProduct, ServedProduct, SortKey, SortOrder
from schemas.summaries import LatestReview
from streams.cli.console import Json, command, err, load_settings, out, print_json, run_async
from streams.cli.product_page import product_page, product_table
from streams.cli.products_client import ProductsClient
from streams.errors import ConfigurationError
from streams.roles.serve.rebuilding import Rebuilt
from streams.roles.serve.rebuilding import rebuild as rebuild_store
from streams.serde import JsonObject
from streams.settings import Settings

app = typer.Typer(help="Look after the store from which products are served.", no_args_is_help=True)

_LATEST = 5

Url = Annotated[
    str | None, typer.Option(help="Where the products are served; without, where the settings say.")
]
Token = Annotated[str | None, typer.Option(help="The server's token; without, the one of the settings.")]


def register(program: typer.Typer) -> None:
    """Add the commands."""
    program.command()(show)
    program.command()(products)


@app.command()
@command
def rebuild(as_json: Json = False) -> None:
    """Fill Redis from the beginning of the topics that are served; servers answer all the while."""
    settings = load_settings()
    with Progress(
        TextColumn("{task.description}"), TimeElapsedColumn(), console=err, transient=True
    ) as progress:
        task = progress.add_task("reading the topics that are served")

        def report(records: int, behind: int) -> None:
            progress.update(task, description=f"{records:,} records read, {behind:,} to come")

        done: Rebuilt = run_async(rebuild_store(settings, report=report))
    if as_json:
        print_json(
            {
                "records": done.records,
                "unreadable": done.unreadable,
                "removed": done.removed,
                "seconds": round(done.seconds, 3),
            }
        )
        return
    out.print(
        f"read {done.records:,} records in {done.seconds:.1f} s, skipped {done.unreadable:,} unreadable, "
        f"removed {done.removed:,} products that are no longer there"
    )


@command
def show(
    product: Annotated[str, typer.Argument(help="The product's id.")],
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Print what the reviews of one product add up to."""
    client = _client(load_settings(), url, token)

    async def main() -> tuple[JsonObject, list[JsonObject]]:
        return await client.product(product), await client.reviews(product, limit=_LATEST)

    body, reviews = run_async(main())
    if as_json:
        print_json(body | {"latest_reviews": reviews})
    else:
        latest = [client.read(LatestReview, review) for review in reviews]
        out.print(product_page(client.read(ServedProduct, body), latest), soft_wrap=False)


@command
def products(
    sort: Annotated[str, typer.Option(help=f"One of {', '.join(get_args(SortKey))}.")] = "reviews",
    order: Annotated[str, typer.Option(help=f"One of {', '.join(get_args(SortOrder))}.")] = "desc",
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    url: Url = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """List the products, the most reviewed first."""
    for name, given, wanted in (("sort", sort, get_args(SortKey)), ("order", order, get_args(SortOrder))):
        if given not in wanted:
            raise ConfigurationError(f"--{name}: wanted one of {', '.join(wanted)}, got {given!r}")
    client = _client(load_settings(), url, token)

    async def main() -> list[JsonObject]:
        listed: list[JsonObject] = []
        cursor = None
        while len(listed) < limit:
            most = min(MAX_PAGE_PRODUCTS, limit - len(listed))
            page, cursor = await client.page(sort=sort, order=order, limit=most, cursor=cursor)
            listed += page
            if cursor is None:
                break
        return listed

    listed = run_async(main())
    if as_json:
        print_json(listed)
    elif listed:
        rows = [client.read(ListedProduct, product) for product in listed]
        out.print(product_table(rows), soft_wrap=False)
    else:
        err.print("there are no products yet")


def _client(settings: Settings, url: str | None, token: str | None) -> ProductsClient:
    secret = settings.serving.token
    if token is None and secret is not None:
        token = secret.get_secret_value()
    host = settings.http.host if settings.http.host not in {"0.0.0.0", "::", ""} else "127.0.0.1"  # noqa: S104
    return ProductsClient(url or f"http://{host}:{settings.http.port or 8600}", token)
