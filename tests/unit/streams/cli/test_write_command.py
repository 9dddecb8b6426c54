"""`write`: copy from files, plain errors, exit codes that say whether all of it was written."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli import app

LAMP = {
    "product_id": "lamp-1",
    "title": "Oxley lamp",
    "language": "en",
    "attributes": {"power": "9 W", "colour": "black"},
}
BARE = {"product_id": "bare-1", "title": "Oxley shade", "language": "en"}


def run(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `write`."""
    result = CliRunner().invoke(app, ["write", *words])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def lamp(tmp_path: Path) -> Path:
    """A file of one product, without the fields that somebody who tries it out does not have."""
    file = tmp_path / "lamp.json"
    file.write_text(json.dumps(LAMP), encoding="utf-8")
    return file


def test_a_text_is_printed_with_what_it_rests_on(lamp: Path) -> None:
    """The text first, then its sources."""
    code, out, _ = run("description", "--product", str(lamp))
    assert code == 0
    assert "Oxley lamp" in out.splitlines()[0]
    assert "power: 9 W" in out


def test_json_holds_variants_claims_and_lineage(lamp: Path) -> None:
    """One document on a line."""
    code, out, _ = run("reason", "--product", str(lamp), "--variants", "2", "--json")
    (line,) = out.splitlines()
    document = json.loads(line)
    assert code == 0
    assert document["status"] == "ready"
    assert len(document["variants"]) == 2
    assert all(variant["synthetic"] and variant["method"] == "composed" for variant in document["variants"])
    assert document["lineage"]["prompt_version"]


def test_a_dialogue_is_answered_turn_by_turn(lamp: Path) -> None:
    """The second question goes on from the first."""
    code, out, _ = run(
        "answer", "--product", str(lamp), "--question", "What colour is it?", "--question", "And the power?"
    )
    assert code == 0
    assert "black" in out
    assert "9 W" in out


def test_of_a_batch_some_can_be_refused(tmp_path: Path) -> None:
    """The exit code says so, the reason stands beside the product, the sum on standard error."""
    file = tmp_path / "all.jsonl"
    file.write_text("\n".join(json.dumps(known) for known in (LAMP, BARE)), encoding="utf-8")
    code, out, err = run("description", "--batch", str(file))
    assert code == 3
    assert "bare-1  refused: " in out
    assert "2 products" in err
    assert "1 refused" in err


def test_one_text_that_is_refused_is_a_failure(tmp_path: Path) -> None:
    """With the reason on standard error, and nothing on standard output."""
    file = tmp_path / "bare.json"
    file.write_text(json.dumps(BARE), encoding="utf-8")
    code, out, err = run("description", "--product", str(file))
    assert code == 1
    assert out.strip() == ""
    assert "too_few_facts" in err


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["poem"], "wanted one of"),
        (["description"], "--product FILE or --batch FILE"),
        (["description", "--length", "epic"], "wanted short, medium, long"),
        (["comparison"], "comparison"),
        (["reply"], "review_text"),
        (["description", "--stars", "4"], "rating is for kind"),
        (["description", "--product", "nowhere.json"], "nowhere.json"),
    ],
)
def test_mistakes_are_one_line_that_says_what_was_wanted(lamp: Path, words: list[str], wanted: str) -> None:
    """No traceback, and the exit code of a command that was not understood."""
    given = (
        words
        if "--product" in words or (len(words) == 1 and wanted.startswith("--"))
        else [*words, "--product", str(lamp)]
    )
    code, _, err = run(*given)
    assert code == 2
    assert wanted in " ".join(err.split())
    assert "Traceback" not in err


@pytest.mark.parametrize("text", ["", "{", '["a"]', '{"title": 5}', '{"product_id": "p", "removed": true}'])
def test_a_file_that_holds_no_product_is_named(tmp_path: Path, text: str) -> None:
    """With what was wanted."""
    file = tmp_path / "odd.json"
    file.write_text(text, encoding="utf-8")
    code, _, err = run("description", "--product", str(file))
    assert code == 2
    assert "odd.json" in "".join(err.split())


def test_house_rules_come_from_a_file(lamp: Path, tmp_path: Path) -> None:
    """What they forbid is not told; a file that holds something else is refused with the names there are."""
    rules = tmp_path / "rules.toml"
    rules.write_text('forbidden = ["black"]\n', encoding="utf-8")
    code, out, _ = run("description", "--product", str(lamp), "--house-rules", str(rules))
    assert code == 0
    assert "black" not in out
    rules.write_text('forbiden = ["black"]\n', encoding="utf-8")
    code, _, err = run("description", "--product", str(lamp), "--house-rules", str(rules))
    assert code == 2
    assert "preferred" in err
