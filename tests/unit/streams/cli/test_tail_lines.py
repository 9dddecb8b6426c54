"""What `tail` prints of a record is what is there, whatever others wrote into it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from streams.cli.data import _print_record
from tests.poison import CONSUMED, poisoned

HOSTILE = ["[/b]", "[bold]x[/]", "[link=http://a]", "\\[/]", "{x}", "%s", "[", "]", ""]


def record(**more: Any) -> Any:
    fields = {
        "topic": "new-review",
        "partition": 1,
        "offset": 2,
        "timestamp": -1,
        "key": b"k",
        "value": b"{}",
    }
    return SimpleNamespace(**{**fields, "headers": (), **more})


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_that_others_wrote_is_markup(
    text: str, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a key, in a header's name and value, in a value that is JSON and in one that is none."""
    raw = text.encode()
    for value in (raw, orjson.dumps({"id": text}), None):
        headers = (("reviewstream-error", raw), (f"a{text}", raw), ("null", None))
        _print_record(record(key=raw, value=value, headers=headers), as_json=as_json)
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 3
    if not as_json:
        assert f"error={text} " in printed


def every_poison() -> Iterator[Any]:
    for topic in CONSUMED:
        for sent in poisoned(topic, 42, seed=9):
            yield record(key=sent.key, value=sent.value, timestamp=sent.timestamp_ms)


@pytest.mark.parametrize("as_json", [False, True])
def test_poison_does_not_stop_it(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever looks for the cause can look at every record there is."""
    for poison in every_poison():
        _print_record(poison, as_json=as_json)
        assert capsys.readouterr().out.strip()
