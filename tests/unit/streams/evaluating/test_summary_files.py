"""Reviews with gold summaries in the layouts that are published."""

from pathlib import Path

import pytest

from streams.errors import ConfigurationError
from streams.evaluating.summary_files import SummaryItem, read_summary_set


def written(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("cp1252"))
    return root


def test_a_file_of_fewsum_has_no_quoting(tmp_path: Path) -> None:
    """A quotation mark is one, wherever it stands; an empty cell is no review."""
    written(
        tmp_path, {"v.csv": 'cat\tgroup_id\trev1\trev2\tsumm1\tsumm2\na\tg1\t"It\ttwo\u00a0x\tsum "a\t\n'}
    )
    found = read_summary_set(tmp_path / "v.csv")
    assert found.layout == "fewsum"
    assert found.items == (SummaryItem("v/g1", ('"It', "two\u00a0x"), ('sum "a',), "en"),)
    assert read_summary_set(tmp_path, "zh").items[0].language == "zh"


def test_a_directory_of_opinosis(tmp_path: Path) -> None:
    """A sentence a line, with what HTML left in it; a gold summary of several lines is one text."""
    written(
        tmp_path,
        {
            "topics/lamp.txt.data": "It\u2019s bright .\r\n,\r\n &quot;Bright&quot; .\r\n",
            "summaries-gold/lamp/lamp.1.gold": "Bright.\r\nNothing else.",
            "summaries-gold/lamp/lamp.2.gold": "Light.",
        },
    )
    found = read_summary_set(tmp_path)
    assert found.layout == "opinosis"
    assert found.items == (
        SummaryItem("lamp", ("It\u2019s bright .", '"Bright" .'), ("Bright. Nothing else.", "Light."), "en"),
    )


def test_a_directory_of_oposum(tmp_path: Path) -> None:
    """Segments become reviews, reviews products; only summaries of everything count."""
    written(
        tmp_path,
        {
            "aspects/lamps-dev.asp": "Light|None\n\nP1-01\nBright,\t0\nbut hot.\t1\n\nP1-02\nFine.\t0\n",
            "summaries/lamps/all/lamps.P1.A.all.txt": "Bright,\nbut hot.",
            "summaries/lamps/neg/lamps.P1.A.neg.txt": "but hot.",
        },
    )
    found = read_summary_set(tmp_path)
    assert found.layout == "oposum"
    assert found.items == (
        SummaryItem("lamps/P1", ("Bright, but hot.", "Fine."), ("Bright, but hot.",), "en"),
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"nothing.txt": "x"}, "wanted a tab-separated file with rev1"),
        ({"a.csv": "text,label\nx,1\n"}, "a.csv: wanted tab-separated columns rev1"),
        ({"a.csv": ""}, "got nothing"),
        ({"a.csv": "rev1\tsumm1\nfine\t\n"}, "a.csv, line 2: wanted reviews and gold summaries, got 1 and 0"),
        ({"topics/a.data": "x", "summaries-gold/b/1.gold": "x"}, "a.data: wanted sentences"),
        (
            {"aspects/a.asp": "N\n\nP1-1\nno tab\n", "summaries/a/all/a.P1.B.all.txt": "x"},
            "wanted a segment, a tab",
        ),
        ({"aspects/a.asp": "N\n", "summaries/a/all/a.P1.B.all.txt": "x"}, "a/P1 has gold summaries"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(tmp_path: Path, files: dict[str, str], message: str) -> None:
    """The file, what was wanted, and what it has."""
    with pytest.raises(ConfigurationError) as error:
        read_summary_set(written(tmp_path, files))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
