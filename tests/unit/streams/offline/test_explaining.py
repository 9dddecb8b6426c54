"""One review explained: what the stream would publish of it, and a page that fits a terminal."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
import torch
from rich.cells import cell_len
from typer.testing import CliRunner

from models.readers.encoder_kinds import encoder_kind
from models.readers.interfaces import (
    AspectMention,
    ReviewReading,
    SentenceReading,
    SentimentPrediction,
    TokenisedReview,
)
from models.readers.opinion_heads import OpinionHeads
from models.readers.opinion_reader import Calibration
from models.readers.opinion_weights import ReaderWeights, save_reader_weights
from models.registry.manifest import write_manifest
from models.text.sentences import split_sentences
from streams.cli import app
from streams.cli.explanation_page import explanation_page
from streams.cli.terminal import SafeConsole
from streams.offline import explaining
from streams.offline.explaining import Explanation, explain
from streams.settings import ModelSettings, Settings
from tests.fakes import FakePreparer, FakeReader

GOOD = SentimentPrediction(negative=0.05, neutral=0.05, positive=0.9)
BAD = SentimentPrediction(negative=0.9, neutral=0.05, positive=0.05)
UNSURE = SentimentPrediction(negative=0.40, neutral=0.25, positive=0.35)
STARS = (0.05, 0.1, 0.15, 0.3, 0.4)
TEXTS = {
    "en": "The lamp is bright and the switch feels cheap. My old one leaked. It may be heavy.",
    "zh": "这盏台灯亮度足够看书，不过开关摸上去很廉价，用起来总是让人担心它会坏。以前那个老是漏油。可能有点重。",
}
#: Words, aspect, sentiment, confidence and holder; the second and third overlap.
OPINIONS = {
    "en": [
        ("is bright", "performance", GOOD, 0.97, "reviewer"),
        ("the switch feels cheap", "quality", BAD, 0.8, "reviewer"),
        ("feels cheap", "price_and_value", BAD, 0.6, "reviewer"),
        ("old one leaked", "quality", BAD, 0.9, "former_product"),
        ("may be heavy", "size_and_fit", BAD, 0.3, "reviewer"),
    ],
    "zh": [
        ("亮度足够看书", "performance", GOOD, 0.97, "reviewer"),
        ("开关摸上去很廉价", "quality", BAD, 0.8, "reviewer"),
        ("很廉价", "price_and_value", BAD, 0.6, "reviewer"),
        ("老是漏油", "quality", BAD, 0.9, "former_product"),
        ("有点重", "size_and_fit", BAD, 0.3, "reviewer"),
    ],
}


@dataclass(eq=False)
class OpinionReader(FakeReader):
    """Knows the texts' opinions by heart; `is_plain`: as a reader without stars and holders."""

    sentiment: SentimentPrediction = UNSURE
    is_plain: bool = False

    def forward(self, batch: Sequence[TokenisedReview]) -> list[ReviewReading]:
        return [self._reading(text.text) for text in batch]  # type: ignore[attr-defined]

    def _reading(self, text: str) -> ReviewReading:
        mentions = [
            AspectMention(
                aspect,  # type: ignore[arg-type]
                confidence,
                sentiment,
                text.index(words),
                text.index(words) + len(words),
                None if self.is_plain else holder,
            )
            for words, aspect, sentiment, confidence, holder in (*OPINIONS["en"], *OPINIONS["zh"])
            if words in text
        ]
        sentences = tuple(SentenceReading(start, end, GOOD) for start, end in split_sentences(text))
        return ReviewReading(self.sentiment, sentences, tuple(mentions), None if self.is_plain else STARS)


def explained(
    monkeypatch: pytest.MonkeyPatch,
    text: str = TEXTS["en"],
    *,
    rating: float | None = None,
    reader: OpinionReader | None = None,
    least_confidence: float = 0.5,
) -> Explanation:
    monkeypatch.setattr(explaining, "load_preparer", lambda _settings: FakePreparer())
    monkeypatch.setattr(explaining, "load_readers", lambda _settings: {"*": reader or OpinionReader()})
    return explain(Settings(model=ModelSettings(least_confidence=least_confidence)), text, rating=rating)


def printed(explanation: Explanation, *, is_coloured: bool = False, width: int = 80) -> str:
    file = StringIO()
    console = SafeConsole(file=file, width=width, is_terminal=is_coloured)
    console.print(explanation_page(explanation, is_coloured=is_coloured), soft_wrap=False)
    return file.getvalue()


def squeezed(page: str) -> str:
    """Without line breaks, and of spaces one at most."""
    return re.sub(r"\s+", " ", page)


@pytest.mark.parametrize("language", TEXTS)
def test_it_tells_what_the_stream_publishes(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """Which opinions count and why others do not, whose they are, stars, and what the rating changed."""
    found = explained(monkeypatch, TEXTS[language], rating=5)
    assert [(one.aspect, one.label, one.counted, one.why) for one in found.aspects] == [
        ("performance", "positive", True, None),
        ("quality", "negative", True, None),
        ("price_and_value", "negative", True, None),
        ("other", "neutral", False, "not_the_reviewers"),
        ("size_and_fit", "negative", False, "unsure"),
    ]
    assert [one.quote for one in found.aspects] == [words for words, *_ in OPINIONS[language]]
    assert (found.sentiment.label, found.basis, found.rating) == ("positive", "text_and_stars", 5)
    assert found.by_text is not None
    assert found.by_text.label == "negative"
    assert found.stars is not None
    assert found.stars.mean == pytest.approx(3.9)


def test_the_threshold_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    found = explained(monkeypatch, least_confidence=0.2)
    assert [one.counted for one in found.aspects] == [True, True, True, False, True]


@pytest.mark.parametrize("is_coloured", [False, True])
@pytest.mark.parametrize("language", TEXTS)
def test_the_page_fits_a_terminal(
    monkeypatch: pytest.MonkeyPatch, language: str, *, is_coloured: bool
) -> None:
    """Eighty cells, of which a Chinese character takes two; every word of the review is there."""
    page = printed(explained(monkeypatch, TEXTS[language], rating=5), is_coloured=is_coloured)
    plain = re.sub("\x1b\\[[0-9;]*m", "", page)
    assert all(cell_len(line) <= 80 for line in plain.splitlines())
    assert "former product" in plain
    whole = re.sub(r"\s", "", plain)
    for words, *_ in OPINIONS[language]:
        last = words[-4:].replace(" ", "")
        assert last in whole


def test_opinions_are_marked_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """By braces with number and sign, those that overlap together; in Chinese a brace stays with its words."""
    page = printed(explained(monkeypatch))
    told = squeezed(page)
    assert "\x1b" not in page
    assert "The lamp {1+ is bright} and {2- 3- the switch feels cheap}." in told
    assert "My {4? old one leaked}. " in told
    assert "It {5? may be heavy}." in told
    assert "{2-3-" not in told
    chinese = printed(explained(monkeypatch, TEXTS["zh"]))
    assert "这盏台灯{1+亮度足够看书}，不过{2- 3-开关摸上去很廉价}" in chinese.replace("\n", "").replace(
        "  ", ""
    )


def test_opinions_are_coloured_by_polarity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Green praise, red complaint; what does not count has no colour of its own."""
    page = printed(explained(monkeypatch), is_coloured=True)
    assert "\x1b[1;32mis bright\x1b[0m" in page
    assert "\x1b[1;31m" in page
    assert "\x1b[2;4mold one leaked\x1b[0m" in page
    assert "\x1b[2;4mmay be heavy\x1b[0m" in page
    assert "{" not in page


@pytest.mark.parametrize(
    ("sentiment", "rating", "words"),
    [
        (UNSURE, 5, "judged by its words and its rating; by its words alone negative"),
        (GOOD, 1, "judged by its words, which are clear: the rating changes nothing"),
        (UNSURE, None, "judged by its words "),
    ],
)
def test_the_page_says_what_the_rating_did(
    monkeypatch: pytest.MonkeyPatch, sentiment: SentimentPrediction, rating: float | None, words: str
) -> None:
    told = squeezed(printed(explained(monkeypatch, rating=rating, reader=OpinionReader(sentiment=sentiment))))
    assert words in told
    assert ("of 5 given" in told) == (rating is not None)


def test_the_page_says_why_an_opinion_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of an aspect that nobody judged."""
    lines = printed(explained(monkeypatch)).splitlines()
    former, unsure = (next(line for line in lines if line.startswith(number)) for number in "45")
    assert former.split("  ") != unsure.split("  ")
    assert "no, not the reviewer's" in former
    assert former.count("not judged") == 2
    assert "no, less sure than 0.5" in unsure
    assert "size and fit" in unsure


def test_a_reader_without_stars_and_holders(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page has no line and no column for what it does not say."""
    found = explained(monkeypatch, reader=OpinionReader(is_plain=True))
    page = printed(found)
    assert found.stars is None
    assert [one.counted for one in found.aspects] == [True, True, True, True, False]
    assert "whose" not in page
    assert "by its words " not in page.split("sentiment")[0]


def test_a_rating_in_words_is_judged_by_its_stars(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the stream, where no model is asked about it."""
    found = explained(monkeypatch, "一星")
    assert (found.sentiment.label, found.basis, found.model.name) == ("negative", "stars", "stated-rating")
    assert "judged by the stars that its words name" in printed(found)


@pytest.mark.model
def test_a_trained_reader_is_explained_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the kind that gives stars and holders, named by its path; page and JSON hold the same."""
    kind = encoder_kind("minilm")
    directory = tmp_path / "opinions-en"
    directory.mkdir()
    torch.manual_seed(3)
    weights = ReaderWeights(
        "minilm", kind.sha256(), ("en",), {}, OpinionHeads(384).eval(), Calibration(boldness=9)
    )
    save_reader_weights(weights, directory)
    write_manifest(directory)
    monkeypatch.setenv("REVIEWSTREAM_MODEL__READERS", json.dumps({"en": f"path:{directory}"}))
    command = ["explain", TEXTS["en"], "--rating", "2"]
    ended = CliRunner().invoke(app, [*command, "--json"])
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.stdout)
    assert told["model"]["name"] == "opinions-en"
    assert (told["rating"], told["basis"]) == (2, "text_and_stars")
    assert sum(told["stars"][name] for name in ("one", "two", "three", "four", "five")) == pytest.approx(1)
    assert told["aspects"]
    for one in told["aspects"]:
        assert one["counted"] == (one["why"] is None)
        assert one["quote"] == told["text"][one["start"] : one["end"]]
    page = CliRunner().invoke(app, command).stdout
    assert f"read by opinions-en {told['model']['version']}" in page
    assert "2 of 5 given" in page
    assert CliRunner().invoke(app, ["explain", "Fine.", "--rating", "6"]).exit_code == 2
