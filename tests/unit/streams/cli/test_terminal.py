"""What shoppers, brokers and files say is printed as it is: it is no mark-up, and it steers no terminal."""

import re
from collections.abc import Callable
from io import StringIO

import orjson
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from models.quality import QualityFlag
from models.text.language import DetectedLanguage
from schemas.alerts import ProductAlert
from schemas.reviews import Review, ReviewEnriched
from schemas.serving import ListedProduct, ServedProduct
from schemas.summaries import LatestReview, ProductSummary
from streams.cli import demo_report, models, product_tables, record_lines
from streams.cli.console import fail, out, print_json
from streams.cli.explanation_page import explanation_page
from streams.cli.product_page import product_page, product_table
from streams.cli.terminal import SafeConsole
from streams.demo.report import DemoReport
from streams.local.doctor import Finding
from streams.offline.explaining import (
    ExplainedAspect,
    ExplainedModel,
    ExplainedSentence,
    ExplainedSentiment,
    Explanation,
    WeighedWord,
)
from streams.serde import encode
from streams.web.catalogue import KnownProduct, Stored
from streams.web.product_bodies import listed_body, product_body
from tests.fakes import FakeRecord
from tests.histories import enriched
from tests.summaries import TODAY, alert, summary

#: Ends a style that nobody began, begins one, clears the screen, rings, moves, reorders, is no emoji.
HOSTILE = "[/b] [red]x :lamp: \x1b[2J\x1b]0;y\x07\x9b1A\u202e\x00"
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


class Message(FakeRecord):
    """A record with a header."""

    headers = ((f"reviewstream-{HOSTILE}", HOSTILE.encode()),)


def tail(*, as_json: bool, value: bytes | None = None) -> None:
    body = orjson.dumps({"review_id": HOSTILE}) if value is None else value
    record_lines.print_record(Message(1, HOSTILE.encode(), body), Review, as_json=as_json)


def hostile_summary() -> ProductSummary:
    """A valid summary but for its ids, which are hostile beyond what contracts let through."""
    known = ProductSummary.model_validate_json(orjson.dumps(summary("lamp"), option=orjson.OPT_UTC_Z))
    quote = known.key_points[0].quotes[0].model_copy(update={"review_id": HOSTILE, "text": HOSTILE})
    points = tuple(
        point.model_copy(update={"claim": HOSTILE, "quotes": (quote,)}) for point in known.key_points
    )
    return known.model_copy(
        update={"product_id": HOSTILE, "title": HOSTILE, "text": HOSTILE, "key_points": points}
    )


def known_product() -> KnownProduct:
    raw = encode(summary("lamp", title=HOSTILE, text=HOSTILE))
    return KnownProduct(Stored("lamp", "1", 0, 1, raw), raw)


def show() -> None:
    served = ServedProduct.model_validate_json(encode(product_body(known_product(), today=TODAY)))
    moment = {"review_version": 1, "created_at": served.as_of}
    latest = LatestReview.model_construct(review_id=HOSTILE, text=HOSTILE, title=HOSTILE, **moment)
    out.print(product_page(served.model_copy(update={"product_id": HOSTILE}), [latest]), soft_wrap=False)


def products() -> None:
    listed = ListedProduct.model_validate_json(encode(listed_body(known_product())))
    out.print(product_table([listed.model_copy(update={"product_id": HOSTILE})]), soft_wrap=False)


def demo() -> None:
    event = ReviewEnriched.model_validate_json(orjson.dumps(enriched("r1", 1, removed=True), default=str))
    event = event.model_copy(update={"product_id": HOSTILE, "text": HOSTILE})
    alerts = [
        ProductAlert.model_validate_json(orjson.dumps(alert())).model_copy(update={"product_id": HOSTILE})
    ]
    counts = {HOSTILE: 1}
    report = DemoReport(
        1, 1, 0, 0, 0, 1.0, 1.0, counts, counts, counts, {HOSTILE: {}}, counts, counts, (event,), (hostile_summary(),),
        tuple(alerts),
    )  # fmt: skip
    demo_report.show_report(report, 0, as_json=False)


def explain(*, is_coloured: bool = False) -> None:
    shares = (0.1, 0.1, 0.8)
    sentiment = ExplainedSentiment("positive", *shares)
    explanation = Explanation(
        text=HOSTILE,
        language=DetectedLanguage("en", 1.0),
        model=ExplainedModel(HOSTILE, HOSTILE),
        rating=4,
        stars=None,
        sentiment=sentiment,
        basis="text",
        by_text=sentiment,
        sentences=(ExplainedSentence("positive", *shares, HOSTILE, 0, len(HOSTILE)),),
        aspects=(
            ExplainedAspect("quality", "negative", 0.8, 0.9, HOSTILE, 8, 30, HOSTILE, counted=True, why=None),
        ),
        least_confidence=0.5,
        words=(WeighedWord(HOSTILE, 0, 1, 0.5),),
        masked=(),
        flags=(QualityFlag("offensive", 0.9, HOSTILE),),
    )
    out.print(explanation_page(explanation, is_coloured=is_coloured), soft_wrap=False)


def error() -> None:
    with pytest.raises(typer.Exit):
        fail(f"redis: {HOSTILE}", 1)


COMMANDS: dict[str, Callable[[], None]] = {
    "tail": lambda: tail(as_json=False),
    "tail of no JSON": lambda: tail(as_json=False, value=HOSTILE.encode()),
    "show": show,
    "products": products,
    "summaries": lambda: product_tables.show_products([hostile_summary()], []),
    "demo": demo,
    "explain": explain,
    "explain in colours": lambda: explain(is_coloured=True),
    "doctor": lambda: models._print_finding(Finding(HOSTILE, "failed", HOSTILE, HOSTILE)),
    "error": error,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_hostile_texts_are_printed_as_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command prints brackets and colons as they came, and nothing that a terminal obeys."""
    COMMANDS[name]()
    told = "".join(capsys.readouterr())
    assert "[/b]" in told
    assert "[red]x" in told
    assert ":lamp:" in told or "…" in told
    assert _STEERING.search(told) is None


@pytest.mark.parametrize("value", [b"{}", HOSTILE.encode(), b"[" * 500 + b"]" * 500, b"\xff\xed\xa0\x80"])
def test_json_holds_what_came_and_steers_nothing(value: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine reads back the very key; a person who looks at it sees escapes; deep nesting ends nothing."""
    tail(as_json=True, value=value)
    told = capsys.readouterr().out
    assert orjson.loads(told)["key"] == HOSTILE
    assert _STEERING.search(told) is None


def test_deep_nesting_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON that is nested deeper than it can be written anew is shown as it came."""
    tail(as_json=False, value=b"[" * 500 + b"]" * 500)
    assert "[" * 500 in capsys.readouterr().out


def test_a_record_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A key cannot look like the records behind it."""
    record_lines.print_record(Message(1, b"a\n0/2 forged {}", b"{}"), Review, as_json=False)
    assert capsys.readouterr().out.count("\n") == 1


@given(st.text())
def test_no_text_breaks_a_console(text: str) -> None:
    """Whatever is printed, in whichever form: it comes out, and without what steers."""
    told = StringIO()
    console = SafeConsole(file=told, width=80)
    table = Table(text)
    table.add_row(text, Text(text))
    for part in (text, Text(text), table):
        console.print(part)
    told.getvalue().encode()
    assert _STEERING.search(told.getvalue()) is None


def test_our_own_colours_stay() -> None:
    """Only what is printed is made harmless, not how."""
    told = StringIO()
    SafeConsole(file=told, is_terminal=True).print(Text("ready", style="green"))
    assert told.getvalue() == "\x1b[32mready\x1b[0m\n"


def test_a_document_stays_the_same_to_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    """Escapes are another way to write the same JSON."""
    print_json({HOSTILE: "台灯"})
    assert orjson.loads(capsys.readouterr().out) == {HOSTILE: "台灯"}


def test_no_error_tells_a_secret() -> None:
    """What an error repeats of the settings' secrets is masked."""
    told = StringIO()
    console = SafeConsole(file=told, width=40)
    console.hide(("hunter2 and a long one",))
    console.print(Text("redis: wanted an answer of redis://:hunter2 and a long one@cache, got none"))
    assert told.getvalue() == "redis: wanted an answer of redis://:***@cache, got none\n"
