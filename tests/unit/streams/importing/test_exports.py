"""Twelve exports of platforms, published as a new user would: `publish --dry-run` and what it prints."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from streams.cli import app
from streams.importing.presets import PRESETS, recognised
from tests.unit.streams.importing.exports import EXPORTS, JUDGEME, WOOCOMMERCE, Export
from tests.unit.streams.importing.files import written


def dry_run(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["publish", str(path), "--dry-run", *options])


def told(path: Path, *options: str) -> dict[str, Any]:
    result = dry_run(path, "--json", *options)
    found: dict[str, Any] = orjson.loads(result.stdout)
    return found


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
class TestExports:
    def test_every_row_is_read_as_it_was_meant(self, tmp_path: Path, export: Export) -> None:
        """Ids, products, stars, times, texts; what cannot be read is refused with its line and reason."""
        found = told(written(tmp_path, export.name, export.content), *export.options)
        assert (found["preset"], found["read_as"]) == (export.preset, export.told)
        assert found["would_publish"] == len(export.reviews)
        for event, wanted in zip(found["events"], export.reviews, strict=True):
            assert {name: event.get(name) for name in wanted} == wanted
        assert found["made_ids"] == export.made_ids
        assert found["skipped"] == export.skipped
        assert [bad["line"] for bad in found["bad_rows"]] == list(export.refused)
        for bad in found["bad_rows"]:
            assert export.refused[bad["line"]] in bad["problem"]

    def test_what_is_printed_for_people(self, tmp_path: Path, export: Export) -> None:
        """What was recognised, the first events, counts, every complaint, and that nothing was published."""
        path = written(tmp_path, export.name, export.content)
        result = dry_run(path, *export.options)
        assert result.exit_code == (3 if export.refused else 0)
        assert export.told in result.stderr
        assert (f"recognised as {export.preset}" in result.stderr) == (export.preset is not None)
        assert all(f"{path}:{line}: " in result.stderr for line in export.refused)
        assert (
            f"would publish {len(export.reviews)} to new-review, refuse {len(export.refused)}"
            in result.stdout
        )
        for why, count in export.skipped.items():
            assert f"{count} rows are no reviews and were skipped: {why}" in result.stderr
        assert "nothing was published" in result.stdout
        assert "Traceback" not in result.output


def test_a_preset_is_taken_at_its_word(tmp_path: Path) -> None:
    """Named, it is used whatever the columns are called beside it; none is none; --map comes on top."""
    path = written(tmp_path, "a.csv", WOOCOMMERCE.content)
    assert told(path, "--preset", "woocommerce")["preset"] == "woocommerce"
    refused = dry_run(path, "--preset", "none")
    assert refused.exit_code == 2
    assert "no column for product_id; it has comment_ID" in refused.stderr
    mapped = told(path, "--map", "text=product_title,product_id=comment_author")
    assert [event["text"] for event in mapped["events"]] == ["Cap", "Cap", "Cap"]
    assert mapped["events"][0]["product_id"] == "Tess"
    assert mapped["events"][0]["review_id"] == "11"


def test_an_unknown_preset_is_said(tmp_path: Path) -> None:
    """With those that there are."""
    result = dry_run(written(tmp_path, "a.csv", JUDGEME.content), "--preset", "jugdeme")
    assert result.exit_code == 2
    assert all(preset.name in result.stderr for preset in PRESETS)


def test_columns_of_a_review_are_no_export() -> None:
    """The contract's own names are taken as they are."""
    assert recognised(["review_id", "product_id", "text", "rating", "created_at", "title"]) is None


def test_presets_do_not_take_each_other_s_files() -> None:
    """Each export of the twelve is recognised by the signs of one preset only."""
    for export in EXPORTS:
        if export.preset is None or b"{" in export.content[:1]:
            continue
        header = re.split("[,;\t]", _header(export))
        carried = {preset.name for preset in PRESETS if preset.is_signed_by(header)}
        assert carried == {export.preset}, export.name


def _header(export: Export) -> str:
    import gzip  # noqa: PLC0415

    content = gzip.decompress(export.content) if export.name.endswith(".gz") else export.content
    encoding = {"评价导出.csv": "gbk", "京东评论.txt": "utf-16"}.get(export.name, "utf-8-sig")
    return content.decode(encoding).splitlines()[0]


class TestAmbiguousDates:
    def test_both_readings_are_shown_and_the_other_rows_are_read(self, tmp_path: Path) -> None:
        """Without the flag nothing is guessed."""
        found = told(written(tmp_path, "a.csv", JUDGEME.content))
        (bad,) = found["bad_rows"]
        assert bad["line"] == 3
        assert "4 May 2021 or 5 April 2021" in bad["problem"]
        assert found["would_publish"] == 2

    def test_month_first(self, tmp_path: Path) -> None:
        """The other way round, a day that is no month is refused."""
        found = told(written(tmp_path, "a.csv", JUDGEME.content), "--month-first")
        assert found["events"][1]["created_at"] == "2021-04-05T00:00:00+00:00"
        assert [bad["line"] for bad in found["bad_rows"]] == [4]


ZEROS = "review_id,product_id,text,rating\n1,cup,Fine,5\n2,cup,Fine,3\n3,cup,Fine,0\n"


class TestNotRated:
    @pytest.mark.parametrize(
        "options", [("--rating-scale", "1-5"), ("--preset", "woocommerce"), ("--preset", "yotpo")]
    )
    def test_zero_stars_are_none_where_that_is_said(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        """By a preset or a scale that begins with one; the average is the shop's own."""
        found = told(written(tmp_path, "a.csv", ZEROS), *options)
        assert (found["would_publish"], found["ratings"], found["average_rating"]) == (3, 2, 4.0)

    @pytest.mark.parametrize("options", [(), ("--rating-scale", "0-5"), ("--rating-scale", "5")])
    def test_zero_stars_are_a_rating_elsewhere(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        """The contract allows them."""
        assert told(written(tmp_path, "a.csv", ZEROS), *options)["ratings"] == 3
