"""Aspect labels in the layouts that people have them in."""

from pathlib import Path

import pytest

from streams.errors import ConfigurationError
from streams.evaluating.aspect_files import AspectFile, read_aspect_file


def read(path: Path, content: str, **names: str) -> AspectFile:
    path.write_text(content, encoding="utf-8")
    return read_aspect_file(
        path, text_column="text", aspect_column="aspect", label_column="label", names=names
    )


def test_one_aspect_a_row(tmp_path: Path) -> None:
    """Rows of the same text come together; two polarities of one aspect are none that can be measured."""
    found = read(
        tmp_path / "a.csv",
        "text,aspect,label\nfine food,food,positive\nfine food,Service,negative\nfine food,staff,positive\n"
        "hm,price,1\n",
    )
    assert found.texts == {
        "fine food": {"taste_and_smell": "positive", "customer_service": None},
        "hm": {"price_and_value": "positive"},
    }


def test_all_aspects_in_one_field(tmp_path: Path) -> None:
    """An object of polarities, a list of objects, or bare names; a text without any is one to be silent about."""
    found = read(
        tmp_path / "a.jsonl",
        '{"text": "a", "aspects": {"food": "negative"}}\n'
        '{"text": "b", "aspects": [{"aspect": "物流", "sentiment": "positive"}]}\n'
        '{"text": "c", "aspects": ["quality"]}\n'
        '{"text": "d", "aspects": []}\n',
    )
    assert found.texts == {
        "a": {"taste_and_smell": "negative"},
        "b": {"delivery": "positive"},
        "c": {"quality": None},
        "d": {},
    }


def test_a_column_for_each_aspect(tmp_path: Path) -> None:
    """Marks 1, 0 and -1 are polarities, any other says that the aspect is not spoken of; groups prefix names."""
    found = read(
        tmp_path / "a.csv",
        "id,text,star,location_traffic,service_wait_time,dish_taste\n7,x,4.0,-2,-1,1\n8,y,2.0,-2,-2,-2\n",
    )
    assert found.texts == {"x": {"customer_service": "negative", "taste_and_smell": "positive"}, "y": {}}


def test_names_can_be_mapped(tmp_path: Path) -> None:
    """Names of one's own mean what --map says; what it does not say is counted, and left out."""
    found = read(
        tmp_path / "a.tsv",
        "text\taspect\tlabel\nx\tcrew\tgut\nx\tweather\tgut\n",
        crew="customer_service",
        gut="positive",
    )
    assert found.texts == {"x": {"customer_service": "positive"}}
    assert found.unknown == {"weather": 1}


def test_mams_as_published(tmp_path: Path) -> None:
    """The XML of MAMS-ACSA needs no conversion."""
    found = read(
        tmp_path / "a.xml",
        "<sentences><sentence><text>Slow but kind.</text><aspectCategories>"
        '<aspectCategory category="service" polarity="negative"/><aspectCategory category="place" polarity="neutral"/>'
        "</aspectCategories></sentence></sentences>",
    )
    assert found.texts == {"Slow but kind.": {"customer_service": "negative", "ambience": "neutral"}}


@pytest.mark.parametrize(
    ("name", "content", "names", "said"),
    [
        ("a.csv", "body,aspect,label\nx,food,positive\n", {}, "wanted rows with a text"),
        ("a.csv", "text,aspect,label\nx,weather,positive\n", {}, "weather"),
        ("a.csv", "text,aspect,label\nx,food,positive\n", {"food": "fodder"}, "fodder"),
        ("a.xml", "<sentences><sentence/></sentences>", {}, "wanted sentences"),
        ("a.xml", "no xml", {}, "wanted an XML file"),
    ],
)
def test_what_cannot_be_measured_on_is_refused(
    tmp_path: Path, name: str, content: str, names: dict[str, str], said: str
) -> None:
    """The message says what is wanted, and what is there."""
    with pytest.raises(ConfigurationError, match=said):
        read(tmp_path / name, content, **names)
