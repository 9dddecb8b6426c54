"""The readers of the data sets' own layouts."""

from pathlib import Path

import pytest

from models.errors import TrainingDataError
from models.training.corpora.sentences import LabelledText, read_fewsum_reviews, read_kotzias, read_oposum
from tests.unit.models.model_files import write_training_data


def test_kotzias_lines_are_read(tmp_path: Path) -> None:
    """The last tab parts text and label; blank lines and odd line separators inside a text do no harm."""
    (tmp_path / "shop_labelled.txt").write_text(
        "A fine lamp.  \t1\n\nTorn\x85seam, \tsad.\t0\n", encoding="utf-8"
    )
    assert read_kotzias(tmp_path) == [
        LabelledText("A fine lamp.", "positive", "kotzias/shop"),
        LabelledText("Torn\x85seam, \tsad.", "negative", "kotzias/shop"),
    ]


def test_oposum_reviews_are_read_without_their_headers(tmp_path: Path) -> None:
    """Three classes; the line that opens a review is no segment, even if it starts with a mark."""
    folder = tmp_path / "polarities" / "discrete"
    folder.mkdir(parents=True)
    (folder / "lamps.lbl").write_text(
        "0 ITEM-1\n+\tBright\n0\tbought in May\n\n1 ITEM-2\n-\tdim\n", encoding="utf-8"
    )
    assert [(example.text, example.label) for example in read_oposum(tmp_path)] == [
        ("Bright", "positive"),
        ("bought in May", "neutral"),
        ("dim", "negative"),
    ]


def test_fewsum_reviews_take_their_stars(tmp_path: Path) -> None:
    """Stars become classes; quotes in the text are text."""
    columns = [*(f"rev{i}" for i in range(1, 9)), *(f"rating{i}" for i in range(1, 9))]
    texts = [f'It is 5" long, {i}' for i in range(8)]
    stars = ["1.0", "2.0", "3.0", "4.0", "5.0", "5.0", "3.0", "1.0"]
    (tmp_path / "amazon_val.csv").write_text("\t".join(columns) + "\n" + "\t".join(texts + stars) + "\n")
    found = read_fewsum_reviews(tmp_path)
    assert [example.text for example in found] == texts
    assert [example.label[:3] for example in found] == [
        "neg",
        "neg",
        "neu",
        "pos",
        "pos",
        "pos",
        "neu",
        "neg",
    ]


def test_missing_files_are_named(tmp_path: Path) -> None:
    """The error says which files were wanted and where."""
    with pytest.raises(TrainingDataError, match=r"_labelled\.txt"):
        read_kotzias(tmp_path)


@pytest.mark.parametrize("line", ["no label", "text\t2", "\t1"])
def test_a_line_of_another_layout_is_named(tmp_path: Path, line: str) -> None:
    """The error says file and line, and holds no text of the data."""
    (tmp_path / "shop_labelled.txt").write_text(f"A fine lamp.\t1\n{line}\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match="kotzias/shop, line 2"):
        read_kotzias(tmp_path)


def test_the_made_up_set_of_the_other_tests_is_of_these_layouts(tmp_path: Path) -> None:
    """Both readers take it, and it has all three classes."""
    data = write_training_data(tmp_path)
    assert len(read_kotzias(data / "kotzias")) == 48
    assert {example.label for example in read_oposum(data / "oposum")} == {"negative", "neutral", "positive"}
