"""Annotated reviews: every shipped file reads, no text twice, a malformed line named, labels join their own text."""

import hashlib
import json
import tomllib
from collections import Counter
from pathlib import Path

import orjson
import pytest

import models
from models.errors import TrainingDataError
from models.readers.aspects import ASPECTS
from models.training.corpora.annotated import AnnotatedOpinion, AnnotatedReview, read_annotated
from models.training.corpora.labels_by_id import read_labels
from schemas.vocabularies import HOLDERS

SHIPPED = Path(models.__path__[0]) / "training" / "annotated"
LANGUAGES = ("en", "zh")
TEXT = "Cheap but flimsy plastic. My old one was flimsy plastic too."


def texts_of(language: str) -> list[Path]:
    return [
        path for path in sorted((SHIPPED / language).glob("*.jsonl")) if not path.stem.endswith("-labels")
    ]


def labels_of(language: str) -> list[Path]:
    return sorted((SHIPPED / language).glob("*-labels.jsonl"))


def row(**changes: object) -> dict[str, object]:
    opinion = {"aspect": "quality", "polarity": "negative", "quote": "flimsy plastic", "holder": "reviewer"}
    whole = {
        "id": "a-1",
        "text": TEXT,
        "sentiment": "neutral",
        "rating": 3,
        "kinds": [],
        "opinions": [opinion],
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def with_opinion(**changes: object) -> dict[str, object]:
    opinion = row()["opinions"][0]  # type: ignore[index]
    return row(opinions=[{name: value for name, value in (opinion | changes).items() if value is not None}])


def read(tmp_path: Path, *rows: object) -> list[AnnotatedReview]:
    path = tmp_path / "batch-1.jsonl"
    path.write_bytes(b"".join(one if isinstance(one, bytes) else orjson.dumps(one) + b"\n" for one in rows))
    return read_annotated(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_file_reads(language: str) -> None:
    """Every quote is found, ids are given once, and no text is there twice: neither to train on nor to test on."""
    paths = texts_of(language)
    assert "hard" in {path.stem for path in paths}
    reviews = [review for path in paths for review in read_annotated(path)]
    assert len(reviews) > 1_000
    assert [one for one, count in Counter(review.review_id for review in reviews).items() if count > 1] == []
    texts = Counter("".join(review.text.split()).casefold() for review in reviews)
    assert [text for text, count in texts.items() if count > 1] == []
    for review in reviews:
        assert review.text == review.text.strip()
        assert review.knows_holders or {one.holder for one in review.opinions} <= {"reviewer"}
        assert review.rating in {None, *range(1, 6)}
        for one in review.opinions:
            assert review.text[one.start : one.end].strip()
    judged = Counter(one.aspect for review in reviews for one in review.opinions)
    assert set(judged) == set(ASPECTS)
    assert {one.holder for review in reviews for one in review.opinions} == set(HOLDERS)


@pytest.mark.parametrize(
    "path", [path for one in LANGUAGES for path in labels_of(one)], ids=lambda path: path.stem
)
def test_shipped_labels_hold_no_text(path: Path) -> None:
    """Names, places and a hash of the text, whose values the reader knows; ids are given once."""
    rows = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert len({one["id"] for one in rows}) == len(rows) > 100
    for one in rows:
        assert set(one) == {"id", "text_sha256", "sentiment", "rating", "kinds", "opinions"}
        assert len(one["text_sha256"]) == 16
        for aspect, polarity, start, end, holder in one["opinions"]:
            assert aspect in ASPECTS
            assert polarity in {"negative", "neutral", "positive"}
            assert 0 <= start < end
            assert holder in HOLDERS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shipped_review_with_stars_has_all_holders(language: str) -> None:
    """As the guide says, and as `knows_holders` takes it."""
    rows = [orjson.loads(line) for path in texts_of(language) for line in path.read_bytes().splitlines()]
    rated = [one for one in rows if "rating" in one]
    assert len(rated) > 100
    assert [one["id"] for one in rated if not all("holder" in opinion for opinion in one["opinions"])] == []


def test_what_was_annotated_and_its_guide_are_installed() -> None:
    """The package's data is what pyproject.toml lists."""
    root = Path(models.__path__[0])
    project = tomllib.loads((root.parent / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["models"]
    installed = {path for pattern in patterns for path in root.glob(pattern)}
    assert {SHIPPED / "GUIDE.md", *SHIPPED.rglob("*.jsonl")} <= installed


def test_a_line_is_a_review_with_its_opinions(tmp_path: Path) -> None:
    """Places in code points; the file is the batch; blank lines are none."""
    (review,) = read(tmp_path, row(kinds=["contrast"]), b"\n")
    assert review == AnnotatedReview(
        review_id="a-1",
        batch="batch-1",
        text=TEXT,
        sentiment="neutral",
        rating=3,
        opinions=(AnnotatedOpinion("quality", "negative", 10, 24, "reviewer"),),
        knows_holders=True,
        kinds=frozenset({"contrast"}),
    )


def test_words_quoted_again_are_those_that_stand_later(tmp_path: Path) -> None:
    """As long as there are any; then the first of them again."""
    opinion = row()["opinions"][0]  # type: ignore[index]
    (review,) = read(tmp_path, row(opinions=[opinion, opinion | {"holder": "former_product"}, opinion]))
    assert [TEXT[one.start : one.end] for one in review.opinions] == ["flimsy plastic"] * 3
    assert [(one.start, one.holder) for one in review.opinions] == [
        (10, "reviewer"),
        (TEXT.rindex("flimsy"), "former_product"),
        (10, "reviewer"),
    ]


def test_what_nobody_said_is_not_known(tmp_path: Path) -> None:
    """Without stars and holders, opinions are the reviewer's, and those of others were not looked for."""
    plain = with_opinion(holder=None) | {"rating": None, "kinds": None}
    (review,) = read(tmp_path, {name: value for name, value in plain.items() if value is not None})
    assert (review.rating, review.knows_holders, review.kinds) == (None, False, frozenset())
    assert [one.holder for one in review.opinions] == ["reviewer"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{not json\n", "line 2: "),
        ([], "wanted an object, got list"),
        (row(id=None), "it has no 'id'"),
        (row(text=" "), "text: wanted words, got none"),
        (row(text=7), "text: wanted words, got none"),
        (row(sentiment="good"), "sentiment: wanted one of negative, neutral, positive, got 'good'"),
        (row(rating=6), "rating: wanted 1 to 5, got 6"),
        (row(rating=4.0), "rating: wanted 1 to 5, got 4.0"),
        (row(rating=True), "rating: wanted 1 to 5, got True"),
        (row(opinions=None), "it has no 'opinions'"),
        (with_opinion(quote="flimsy metal"), "quote: wanted words of the text, got 'flimsy metal'"),
        (with_opinion(quote=""), "quote: wanted words of the text, got ''"),
        (with_opinion(aspect="colour"), "got 'colour'"),
        (with_opinion(polarity="bad"), "got 'bad'"),
        (with_opinion(holder="mother"), "holder: wanted one of reviewer, former_product, .*got 'mother'"),
        (with_opinion(aspect=None), "it has no 'aspect'"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: object, said: str) -> None:
    with pytest.raises(TrainingDataError, match=rf"batch-1\.jsonl, line 2: .*{said}|{said}") as raised:
        read(tmp_path, row(), line)
    assert str(raised.value).startswith("batch-1.jsonl, line 2: ")


def labels(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "set-labels.jsonl"
    of_text = {
        "id": "set-1",
        "text_sha256": hashlib.sha256(text.encode()).hexdigest()[:16],
        "sentiment": "neutral",
        "rating": 3,
        "kinds": ["contrast"],
        "opinions": [
            ["price_and_value", "positive", 0, 5, "reviewer"],
            ["quality", "negative", 10, 16, "former_product"],
        ],
    }
    path.write_text(json.dumps(of_text) + "\n", encoding="utf-8")
    return path


def test_labels_are_joined_with_their_text(tmp_path: Path) -> None:
    (review,) = read_labels(labels(tmp_path, TEXT), {"set-1": TEXT, "set-2": "Another."})
    assert (review.review_id, review.batch, review.text, review.rating) == ("set-1", "set-labels", TEXT, 3)
    assert review.opinions == (
        AnnotatedOpinion("price_and_value", "positive", 0, 5, "reviewer"),
        AnnotatedOpinion("quality", "negative", 10, 16, "former_product"),
    )


@pytest.mark.parametrize(
    ("texts", "got"), [({}, "none"), ({"set-1": TEXT + " "}, "another")], ids=["missing", "changed"]
)
def test_labels_refuse_another_text(tmp_path: Path, texts: dict[str, str], got: str) -> None:
    """One space more would move every place behind it."""
    with pytest.raises(
        TrainingDataError, match=rf"set-labels.jsonl: wanted the text set-1 .*got {got}: fetch"
    ):
        read_labels(labels(tmp_path, TEXT), texts)


def test_malformed_labels_are_named(tmp_path: Path) -> None:
    path = labels(tmp_path, TEXT)
    path.write_text(path.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"set-labels\.jsonl, line 2: it has no 'id'"):
        read_labels(path, {"set-1": TEXT})
