import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from streams.cli import app
from streams.local.embedded import free_port
from streams.serde import encode
from streams.web.catalogue import KnownProduct, Stored
from streams.web.product_bodies import listed_body, product_body, reviews_body
from tests.summaries import TODAY, document

IDS = ("lamp-201", "lamp-202", "台灯/1")


OTHERS = {
    "/products/busy": (503, {"error": {"code": "not_known_yet", "message": "the store is being filled"}}),
    "/products/strange": (200, b"<html>"),
}


def found(product_id: str) -> KnownProduct:
    raw = document(product_id)
    return KnownProduct(Stored(product_id, "1", 0, 1, raw), raw)


class Shop(BaseHTTPRequestHandler):
    """Answers like the serving role, with a token."""

    def do_GET(self) -> None:
        status, body = self._answer()
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _answer(self) -> tuple[int, Any]:
        if self.headers["Authorization"] != "Bearer secret":
            return 401, {"error": {"code": "unauthorised", "message": "no"}}
        path = self.path
        if path.startswith("/products?"):
            first = 2 if "cursor=" in path else 0
            chosen = IDS[first : first + 2]
            return 200, encode(
                {
                    "products": [listed_body(found(one)) for one in chosen],
                    "next_cursor": None if first else "more",
                }
            )
        if path in OTHERS:
            return OTHERS[path]
        for one, name in zip(IDS, ("lamp-201", "lamp-202", "%E5%8F%B0%E7%81%AF%2F1"), strict=True):
            if path == f"/products/{name}":
                return 200, encode(product_body(found(one), today=TODAY))
            if path.startswith(f"/products/{name}/reviews"):
                return 200, encode(reviews_body(found(one), limit=5))
        return 404, {"error": {"code": "not_found", "message": "there is none"}}

    def log_message(self, *_args: Any) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(*arguments: str, **environment: str) -> Any:
    return CliRunner().invoke(app, list(arguments), env=environment)


@pytest.mark.parametrize("product_id", IDS)
def test_show_prints_a_product(url: str, product_id: str) -> None:
    """Whatever its id is made of; the token may come from the settings."""
    result = run("show", product_id, "--url", url, REVIEWSTREAM_SERVING__TOKEN="secret")
    assert result.exit_code == 0, result.output
    assert f"About {product_id}" in result.output
    assert "latest reviews" in result.output


def test_show_writes_json(url: str) -> None:
    """The body as it was served, with the latest reviews."""
    result = run("show", "lamp-201", "--url", url + "/", "--token", "secret", "--json")
    body = orjson.loads(result.stdout)
    assert (body["product_id"], len(body["latest_reviews"])) == ("lamp-201", 3)


def test_products_lists_from_page_to_page(url: str) -> None:
    """As many as were asked for, or all there are."""
    result = run("products", "--url", url, "--token", "secret", "--json")
    assert [one["product_id"] for one in orjson.loads(result.stdout)] == list(IDS)
    result = run("products", "--url", url, "--token", "secret", "--sort", "rating")
    assert all(one in result.output for one in IDS)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["show", "lamp-21", "--token", "secret"],
            1,
            "there is no product 'lamp-21'; did you mean 'lamp-201'?",
        ),
        (["show", "zzzz", "--token", "secret"], 1, "`reviewstream products` lists those there are"),
        (["show", "lamp-201"], 1, "give it with --token or REVIEWSTREAM_SERVING__TOKEN"),
        (["show", "busy", "--token", "secret"], 1, "503: the store is being filled"),
        (["show", "strange", "--token", "secret"], 1, "is no server of products"),
        (["products", "--sort", "price", "--token", "secret"], 2, "--sort: wanted one of reviews, rating"),
    ],
)
def test_what_goes_wrong_is_one_line(url: str, arguments: list[str], code: int, said: str) -> None:
    """With what to do, and without a traceback."""
    result = run(*arguments, "--url", url)
    assert result.exit_code == code
    assert said in result.output.replace("\n", " ")
    assert "Traceback" not in result.output


def test_no_server_is_said() -> None:
    """With what to start, or how to name another."""
    result = run("show", "lamp-201", "--url", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 1
    assert "start `reviewstream up`, or name a server with --url" in result.output.replace("\n", " ")
    assert "`demo --keep` serves at a free port" in result.output.replace("\n", " ")
    assert run("show", "lamp", "--url", "ftp:nowhere").exit_code == 2


def test_a_rebuild_needs_to_know_where() -> None:
    """A setting that is missing is named."""
    result = run("serving", "rebuild", REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert result.exit_code == 2
    assert "REVIEWSTREAM_REDIS__URL" in result.output
