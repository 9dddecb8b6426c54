"""`publish --dry-run` and `demo --input`: what a newcomer is told."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from streams.cli import app
from streams.cli.import_progress import progress_line
from tests.unit.streams.importing.files import written

GOOD = "review_id,product_id,text,rating,created_at\nr1,lamp,Bright,5,2021-05-04\nr2,lamp,Dim,2,2021-05-06\n"


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


class TestMissingColumns:
    @pytest.mark.parametrize(
        ("header", "missing"),
        [
            ("id,sku,body", "product_id, text"),
            ("review_id,text", "product_id"),
            ("product_id,review", "text"),
            ("", "product_id, text"),
            ("product_id,Text", "text"),
        ],
    )
    @pytest.mark.parametrize("command", [("publish", "--dry-run"), ("demo", "--input")])
    def test_those_that_there_are_and_how_to_map_them(
        self, tmp_path: Path, header: str, missing: str, command: tuple[str, str]
    ) -> None:
        """Before anything is started or published, in one line, exit code 2."""
        path = written(
            tmp_path, "missing.csv", f"{header}\n" + ",".join("x" * (header.count(",") + 1)) + "\n"
        )
        result = run(*command, str(path))
        assert (result.exit_code, result.stdout) == (2, "")
        if header:
            assert (
                f"no column for {missing}; it has {header.replace(',', ', ')}. Name it with --map"
                in result.stderr
            )
        assert result.stderr.count("\n") == 1

    def test_a_row_without_a_cell_says_which_is_empty(self, tmp_path: Path) -> None:
        """And not that the column is not there."""
        path = written(tmp_path, "a.csv", "id,sku,body\nr1,,Fine\nr2,lamp,Fine\n")
        result = run("publish", "--dry-run", str(path), "--map", "review_id=id,product_id=sku,text=body")
        assert result.exit_code == 3
        assert f"{path}:2: product_id: is missing (column sku is empty)" in result.stderr

    def test_a_line_of_json_says_what_it_has(self, tmp_path: Path) -> None:
        """Rows may differ there."""
        path = written(tmp_path, "a.jsonl", '{"product_id": "p", "text": "x"}\n{"sku": "p", "text": "x"}\n')
        result = run("publish", "--dry-run", str(path))
        assert (
            "product_id: is missing (--map product_id=COLUMN names its column; the row has sku, text)"
            in result.stderr
        )


class TestDryRun:
    def test_first_events_counts_and_that_nothing_is_published(self, tmp_path: Path) -> None:
        """No broker is needed."""
        result = run("publish", "--dry-run", str(written(tmp_path, "a.csv", GOOD)))
        assert result.exit_code == 0
        events = [orjson.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        assert [event["review_id"] for event in events] == ["r1", "r2"]
        assert "2 of 2 are rated, 3.50 on average; 0 have no text" in result.stdout
        assert "written from 2021-05-04T00:00:00+00:00 to 2021-05-06T00:00:00+00:00" in result.stdout
        assert "would publish 2 to new-review, refuse 0; nothing was published" in result.stdout

    def test_every_complaint_is_shown(self, tmp_path: Path) -> None:
        """However many there are, and for a machine too."""
        rows = "".join(f"r{number},lamp,Bright,9,2021-05-04\n" for number in range(50))
        path = written(tmp_path, "a.csv", GOOD + rows)
        result = run("publish", "--dry-run", str(path))
        assert sum(line.startswith(f"{path}:") for line in result.stderr.splitlines()) == 51
        assert len(orjson.loads(run("publish", "--dry-run", "--json", str(path)).stdout)["bad_rows"]) == 50

    def test_columns_left_out_ids_made_and_times_given_are_told(self, tmp_path: Path) -> None:
        """Nothing vanishes without a word."""
        path = written(tmp_path, "a.csv", "product_id,text,colour,votes\nlamp,Bright,red,3\n")
        stderr = run("publish", "--dry-run", str(path)).stderr
        assert "columns left out: colour, votes" in stderr
        assert "no review_id in 1 rows" in stderr
        assert "no created_at in 1 rows" in stderr

    def test_standard_input(self) -> None:
        """As `-`."""
        result = run("publish", "--dry-run", "-", stdin=GOOD.encode())
        assert "would publish 2" in result.stdout

    def test_rejects_are_written(self, tmp_path: Path) -> None:
        """And never over the file that is read."""
        path, kept = (
            written(tmp_path, "a.csv", f"{GOOD}r3,lamp,Dim,9,2021-05-04\n"),
            tmp_path / "rejects.jsonl",
        )
        assert run("publish", "--dry-run", str(path), "--rejects", str(kept)).exit_code == 3
        assert orjson.loads(kept.read_bytes())["line"] == 4
        same = run("publish", "--dry-run", str(path), "--rejects", str(path))
        assert same.exit_code == 2
        assert path.read_text().startswith(GOOD)

    @pytest.mark.parametrize("options", [("--preset", "yotpo"), ("--preset", "auto"), ("--preset", "none")])
    def test_presets_are_of_reviews(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        """Other topics have none, and "auto" recognises nothing there."""
        path = written(tmp_path, "a.csv", "product_id,title,updated_at\nlamp,Lamp,2021-05-04\n")
        result = run("publish", "--dry-run", str(path), "--topic", "new-product", *options)
        assert result.exit_code == (2 if options[1] == "yotpo" else 0)


class TestDemo:
    def test_nothing_starts_where_all_rows_are_refused(self, tmp_path: Path) -> None:
        """The reasons are shown instead of empty tables."""
        path = written(tmp_path, "a.csv", "product_id,text,rating\nlamp,Bright,9\nlamp,Dim,8\n")
        result = run("demo", "--input", str(path))
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"{path}:2: rating: " in result.stderr
        assert "all 2 rows were refused" in result.stderr
        assert "starting" not in result.stderr.replace("nothing starte", "")

    @pytest.mark.parametrize(
        "options", [("--map", "text=body"), ("--preset", "yotpo"), ("--encoding", "gbk"), ("--day-first",)]
    )
    def test_options_on_files_belong_to_input(self, options: tuple[str, ...]) -> None:
        """None is taken without doing anything."""
        result = run("demo", *options)
        assert result.exit_code == 2
        assert "belong to --input" in result.stderr


def test_progress_tells_rate_and_time_left() -> None:
    """An hour is sixty minutes; a pipe has no end."""
    assert progress_line(1_000_000, 40, 0.25) == "1,000,000 rows, 25,000/s, 25 %, 2:00 left"
    assert progress_line(256, 0.0, None) == "256 rows"
