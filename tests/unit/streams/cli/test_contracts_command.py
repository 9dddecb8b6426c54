"""`reviewstream contracts` keeps a release and refuses what would break it, in both directions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from schemas import releases
from schemas.documents import json_schemas
from streams.cli import app

runner = CliRunner()
TODAY = "today's reader of yesterday's events"
YESTERDAY = "yesterday's reader of today's events"


def contracts(released: Path, *options: str) -> Result:
    return runner.invoke(app, ["contracts", *options, "--released", str(released)])


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A release that is today's."""
    directory = tmp_path / "released"
    assert contracts(directory, "--release").exit_code == 0
    return directory


def change(directory: Path, contract: str, edit: Callable[[dict[str, Any]], object]) -> None:
    """Make the released schema of a contract another one, as if today had been changed the other way round."""
    path = directory / f"{contract}.schema.json"
    document = json.loads(path.read_bytes())
    edit(document)
    path.write_text(json.dumps(document))


def edited(change_properties: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda document: change_properties(document["properties"])


def test_a_release_is_todays_schemas_and_nothing_else(tmp_path: Path) -> None:
    """Of the contracts, not of AsyncAPI; files of contracts that went are removed, others are left alone."""
    directory = tmp_path / "released"
    directory.mkdir()
    (directory / "gone.schema.json").write_text("{}")
    (directory / "README.md").write_text("what it is")

    result = contracts(tmp_path / "released", "--release")
    assert result.exit_code == 2  # what is no schema of a release is not thrown away
    (directory / "gone.schema.json").unlink()

    assert contracts(directory, "--release").exit_code == 0
    assert {path.name for path in directory.iterdir()} == {*json_schemas(), "README.md"}


def test_before_the_first_release_and_after_it_nothing_is_broken(tmp_path: Path, released: Path) -> None:
    """An empty directory compares with nothing, today's contracts get on with themselves."""
    empty = tmp_path / "empty"
    empty.mkdir()
    assert contracts(empty, "--check").exit_code == 0
    assert contracts(released, "--check").exit_code == 0


BREAKS: list[tuple[str, str, Callable[[dict[str, Any]], object], str, str]] = [
    (
        "a field was removed",
        "product-summary",
        edited(lambda fields: fields.update(colour={"type": "string"})),
        "colour: was removed",
        TODAY,
    ),
    (
        "a field is required now",
        "review",
        lambda document: document["required"].remove("review_id"),
        "review_id: the reader needs it, events may lack it",
        TODAY,
    ),
    (
        "a limit was narrowed",
        "review",
        edited(lambda fields: fields["version"].update(minimum=0)),
        "version: the reader wants minimum 1, events have 0",
        TODAY,
    ),
    (
        "a type was narrowed",
        "product-alert",
        edited(lambda fields: fields["alert_id"].update(type=["string", "integer"])),
        "alert_id: the reader wants string, events have string, integer",
        TODAY,
    ),
    (
        "a value of an enumeration went",
        "copy-request",
        edited(lambda fields: fields["kind"]["enum"].append("poem")),
        "kind: the reader does not know poem",
        TODAY,
    ),
    (
        "an output's enumeration grew",
        "product-alert",
        edited(lambda fields: fields["state"].update(enum=["raised"])),
        "state: the reader does not know resolved",
        YESTERDAY,
    ),
    (
        "an output's type was widened",
        "product-text",
        edited(lambda fields: fields["prompt_version"].update(maxLength=10)),
        "prompt_version: the reader wants maxLength 10, events have 300",
        YESTERDAY,
    ),
    (
        "an output may lack what it had",
        "product-alert",
        lambda document: document["required"].append("quotes"),
        "quotes: the reader needs it, events may lack it",
        YESTERDAY,
    ),
]


@pytest.mark.parametrize(
    ("contract", "edit", "problem", "direction"),
    [case[1:] for case in BREAKS],
    ids=[case[0] for case in BREAKS],
)
def test_a_break_is_named_with_contract_field_direction_and_advice(
    released: Path, contract: str, edit: Callable[[dict[str, Any]], object], problem: str, direction: str
) -> None:
    """One line a break, and exit code 1; nor does such a release replace the last one."""
    change(released, contract, edit)
    before = (released / f"{contract}.schema.json").read_bytes()

    result = contracts(released, "--check")

    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert line.startswith(f"{contract}: {problem} ({direction}); ")
    assert "or raise the major version in schemas/events.py" in line
    assert contracts(released, "--release").exit_code == 1
    assert (released / f"{contract}.schema.json").read_bytes() == before


def test_a_contract_that_went_is_a_break(released: Path) -> None:
    """Its events are still on their topic."""
    (released / "review.schema.json").rename(released / "opinion.schema.json")
    result = contracts(released, "--check")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"opinion: event: the contract is gone ({TODAY})")


@pytest.mark.parametrize(
    ("contract", "edit"),
    [
        ("product-summary", edited(lambda fields: fields.pop("average_rating"))),
        ("product-summary", edited(lambda fields: fields["generation"].update(description="words"))),
        ("review", edited(lambda fields: fields.pop("incentivised"))),
        ("copy-request", edited(lambda fields: fields["kind"].update(enum=["description"]))),
        ("copy-request", edited(lambda fields: fields.pop("tone"))),
        ("review", lambda document: document["required"].append("text")),
    ],
    ids=[
        "an output has a new field",
        "other words",
        "an input has a new field",
        "an input's enumeration grew",
        "a request has a new field",
        "an input may lack what it had to have",
    ],
)
def test_what_only_adds_is_no_break(
    released: Path, contract: str, edit: Callable[[dict[str, Any]], object]
) -> None:
    """Readers of events ignore what is new; what is new in an input is first used by a platform that knows it."""
    change(released, contract, edit)
    result = contracts(released, "--check")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_new_major_version_may_break_everything(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its readers refuse the old events by their version, and the other way round."""
    change(released, "review", lambda document: document["properties"].update(colour={"type": "string"}))
    monkeypatch.setattr(releases, "SCHEMA_VERSION", "2.0")
    assert releases.breaks(released) == []


def test_a_release_that_cannot_be_read_is_told(released: Path) -> None:
    """A damaged file is not taken for a contract without limits."""
    (released / "review.schema.json").write_text("{")
    result = contracts(released, "--check")
    assert result.exit_code == 2
    assert "review.schema.json: wanted the JSON Schema of a release" in result.stderr
