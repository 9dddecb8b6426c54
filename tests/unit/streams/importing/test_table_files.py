"""Tables as spreadsheets write them: separators, quotes, rows with too many cells, quotes that are never closed."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.importing import RowFile
from tests.unit.streams.importing.files import cells_in, rows_in, written


class TestSeparators:
    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    @pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt", "a"])
    def test_a_separator_is_found_whatever_the_file_is_called(
        self, tmp_path: Path, separator: str, name: str
    ) -> None:
        """The header says what separates cells, not the file's ending."""
        lines = [["id", "text", "stars"], ["1", "Warm", "5"]]
        path = written(tmp_path, name, "\n".join(map(separator.join, lines)))
        assert cells_in(path) == [["1", "Warm", "5"]]

    @pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;", "sep=;\r"])
    def test_a_line_that_says_the_separator_is_no_header(self, tmp_path: Path, said: str) -> None:
        """Excel's first line decides, and lines are counted with it."""
        (row,) = rows_in(written(tmp_path, "a.csv", f"{said}\nid;text\n1;a, b, c"))
        assert (row.line, row.fields) == (3, {"id": "1", "text": "a, b, c"})

    @pytest.mark.parametrize(
        ("content", "cells"),
        [
            ("id;text\n1;4,5 stars, great", ["1", "4,5 stars, great"]),
            ("id,text; long\n1,x", ["1", "x"]),
            ('"id";"a,b";"c"\n1;2;3', ["1", "2", "3"]),
            ("text\nno separator at all", ["no separator at all"]),
            ("id\ttext\n1\ta, b; c", ["1", "a, b; c"]),
            ("id,text\n1,a;b;c\n", ["1", "a;b;c"]),
        ],
    )
    def test_other_marks_in_header_and_cells_do_not_mislead(
        self, tmp_path: Path, content: str, cells: list[str]
    ) -> None:
        """Commas in texts, and marks within quotes, are no separators."""
        assert cells_in(written(tmp_path, "a.csv", content))[0] == cells

    def test_the_separator_is_told(self, tmp_path: Path) -> None:
        """What was found is said."""
        with RowFile(written(tmp_path, "a.csv", "id;text\n1;x")) as rows:
            assert rows.told == "table, separated by semicolons, UTF-8"


class TestQuotes:
    @pytest.mark.parametrize(
        ("cell", "text"),
        [
            ('"Good, he said ""really""."', 'Good, he said "really".'),
            ('"two\r\nlines"', "two\r\nlines"),
            ('="007"', "007"),
            ('"=""007"""', "007"),
            ('24" wide', '24" wide'),
            ('""', ""),
        ],
    )
    def test_cells_as_spreadsheets_write_them(self, tmp_path: Path, cell: str, text: str) -> None:
        """Doubled quotes, line ends and separators within quotes, numbers kept as text."""
        assert cells_in(written(tmp_path, "a.csv", f"id,text\r\n1,{cell}\r\n")) == [["1", text]]

    @pytest.mark.parametrize(
        ("cell", "text"),
        [
            ('A 24" screen', 'A 24" screen'),
            ('"Great" they said', '"Great" they said'),
            ('"a ""quoted"" cell"', 'a "quoted" cell'),
            ('"two\nlines\tand a tab"', "two\nlines\tand a tab"),
            ('5" and 6"', '5" and 6"'),
        ],
    )
    def test_quotes_in_a_table_of_tabs(self, tmp_path: Path, cell: str, text: str) -> None:
        """They are text, unless cells are enclosed as Excel's Unicode text is."""
        assert cells_in(written(tmp_path, "a.tsv", f"id\ttext\n1\t{cell}\n2\tx")) == [["1", text], ["2", "x"]]

    @settings(deadline=None)
    @given(
        st.lists(
            st.lists(
                st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
                min_size=2,
                max_size=2,
            ),
            max_size=6,
        ),
        st.sampled_from(",;|"),
    )
    def test_what_a_spreadsheet_writes_is_read(
        self, tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str
    ) -> None:
        """Any cells, enclosed and with doubled quotes, come back as they were."""
        enclosed = [separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
        content = "\r\n".join([f"id{separator}text", *enclosed])
        path = written(tmp_path_factory.mktemp("rows"), "a.csv", content)
        wanted = [[_unwrapped(cell) for cell in row] for row in rows]
        assert cells_in(path) == wanted


def _unwrapped(cell: str) -> str:
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') and len(cell) > 2 else cell


class TestUnclosedQuotes:
    @pytest.mark.parametrize(
        ("rows", "bad", "good"),
        [
            (['1,"open', "2,x", "3,y"], [2], ["2", "3"]),
            (["1,x", '2,"open', '3,"y"', '4,"z"'], [3], ["1", "3", "4"]),
            (["1,x", "2,y", '3,"open'], [4], ["1", "2"]),
            (['1,"a', '2,"b', '3,"c"'], [2, 3], ["3"]),
            (['1,"two\nlines"', '2,"open', "3,x"], [4], ["1", "3"]),
            (
                ['1,"open', *(f"{number},x" for number in range(2, 3_000))],
                [2],
                [str(n) for n in range(2, 3_000)],
            ),
        ],
    )
    def test_only_its_own_row_is_lost_and_its_line_named(
        self, tmp_path: Path, rows: list[str], bad: list[int], good: list[str]
    ) -> None:
        """The rows behind it are read; the line is that of the quote, in short files and long ones."""
        found = rows_in(written(tmp_path, "a.csv", "\n".join(["id,text", *rows])))
        assert [row.line for row in found if row.fields is None] == bad
        assert all("quote is opened and not closed" in row.problem for row in found if row.fields is None)
        assert [row.fields["id"] for row in found if row.fields is not None] == good

    def test_a_quote_that_a_later_row_closes_is_found_by_the_number_of_cells(self, tmp_path: Path) -> None:
        """A row of several lines with too many cells is none; the lines behind its first one are read anew."""
        content = 'id,text,stars\n1,"open,5\n24",x,4\n3,y,3'
        found = rows_in(written(tmp_path, "a.csv", content))
        assert [(row.line, row.fields is None) for row in found] == [(2, True), (3, False), (4, False)]
        assert found[1].fields == {"id": '24"', "text": "x", "stars": "4"}

    def test_what_stood_there_is_kept(self, tmp_path: Path) -> None:
        """So that it can be mended."""
        (row, _) = rows_in(written(tmp_path, "a.csv", 'id,text\n1,"open\n2,x\n'))
        assert row.raw == '1,"open'


class TestCells:
    @pytest.mark.parametrize(
        ("line", "separator"),
        [
            ("Great value, I would buy it again.,positive", ","),
            ("Great; and cheap;positive", ";"),
            ("Great\tand cheap\tpositive", "\t"),
            ("a,b,c,d,e,positive", ","),
            ('"Fine", really,positive', ","),
        ],
    )
    def test_too_many_cells_are_named_as_such_by_line(
        self, tmp_path: Path, line: str, separator: str
    ) -> None:
        """The line, the numbers of cells and columns, and what to do."""
        rows = rows_in(written(tmp_path, "a.csv", f"text{separator}label\n{line}\nBroke.{separator}negative"))
        assert [row.line for row in rows] == [2, 3]
        assert rows[0].fields is None
        assert "for the 2 columns (text, label)" in rows[0].problem or "double" in rows[0].problem
        assert rows[0].raw == line

    def test_empty_cells_beyond_the_columns_are_none(self, tmp_path: Path) -> None:
        """Spreadsheets fill rows up with them."""
        assert cells_in(written(tmp_path, "a.csv", "id,text\n1,x,,,\n2,y")) == [["1", "x"], ["2", "y"]]

    def test_a_short_row_has_fewer_cells(self, tmp_path: Path) -> None:
        """What is missing is nobody's."""
        (row,) = rows_in(written(tmp_path, "a.csv", "id,text,stars\n1,x"))
        assert row.fields == {"id": "1", "text": "x"}

    def test_a_name_that_stands_twice_is_told_apart(self, tmp_path: Path) -> None:
        """Neither column hides the other."""
        (row,) = rows_in(written(tmp_path, "a.csv", "id,text,text\n1,x,y"))
        assert row.fields == {"id": "1", "text": "x", "text (2)": "y"}

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_line_ends_of_every_system(self, tmp_path: Path, end: str) -> None:
        """Empty lines are passed over and counted."""
        rows = rows_in(written(tmp_path, "a.csv", end.join(["id,text", "1,x", "", "2,y"])))
        assert [(row.line, row.fields and row.fields["id"]) for row in rows] == [(2, "1"), (4, "2")]
