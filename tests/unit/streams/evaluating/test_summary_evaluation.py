"""What is said of summaries, held against numbers that were found by hand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from models.readers.interfaces import AspectMention, ReviewReading, SentenceReading, SentimentPrediction
from models.text.sentences import split_sentences
from streams.cli import app
from streams.evaluating import summaries
from streams.evaluating.plain_summaries import plain
from streams.evaluating.summaries import lead_of
from streams.evaluating.summarisers import SUMMARISERS
from streams.evaluating.summary_baselines import baseline_texts
from streams.evaluating.summary_files import SummaryItem
from streams.evaluating.summary_metrics import (
    Rouge,
    praise_told,
    praise_written,
    repeated_shares,
    told_share,
)
from streams.evaluating.summary_support import is_supported
from streams.evaluating.summary_texts import EvaluatedSentence, EvaluatedText, ReadItem
from streams.offline.asking import Asked
from streams.settings import Settings

_GOOD = SentimentPrediction(0.1, 0.1, 0.8)
_BAD = SentimentPrediction(0.8, 0.1, 0.1)
DOCUMENTS = (
    "The light is very bright. My aunt had one long ago.",
    "The light is very bright. The cable broke after one week.",
    "The light is nice. The cable broke after one week.",
)


def reading(text: str) -> ReviewReading:
    """Light is praised, cables are complained of; of the same sentences the embeddings are the same."""
    sentences, aspects = [], []
    for start, end in split_sentences(text):
        words = text[start:end]
        sentiment = _BAD if "cable" in words else _GOOD
        bits = (b"\xff" if "cable" in words else b"\x00") * 32
        sentences.append(SentenceReading(start, end, sentiment, bits))
        if "light" in words or "cable" in words:
            aspect: Any = "quality" if "cable" in words else "performance"
            aspects.append(AspectMention(aspect, 0.9, sentiment, start, end - 1))
    return ReviewReading(_GOOD, tuple(sentences), tuple(aspects))


def item(documents: Sequence[str] = DOCUMENTS, most_words: int = 20) -> ReadItem:
    gold = ("The light is bright but the cable breaks.", "Bright light, bad cable.")
    return ReadItem(
        SummaryItem("lamp", tuple(documents), gold, "en"),
        [reading(one) for one in documents],
        most_words,
        least_confidence=0.5,
    )


def sentence(text: str, *reviews: int, **kwargs: Any) -> EvaluatedSentence:
    return EvaluatedSentence(text, kwargs.pop("method", "template"), reviews, **kwargs)


def test_rouge_is_the_mean_over_references() -> None:
    """Against "a b c": precision 2/2, recall 2/3; against "x y": nothing."""
    scores = Rouge("en").score("red lamp", ["red lamp stand", "green sofa"])
    assert scores == pytest.approx({"rouge_1": 0.4, "rouge_2": 1 / 3, "rouge_l": 0.4})
    assert Rouge("en").people(["red lamp", "red lamp", "sofa"]) == pytest.approx(
        {"rouge_1": 1 / 3, "rouge_2": 1 / 3, "rouge_l": 1 / 3}
    )
    assert Rouge("en").people(["alone"]) is None


def test_rouge_of_chinese_compares_characters() -> None:
    """Three of four characters are shared, in the same order; two of three pairs."""
    scores = Rouge("zh").score("物流很快", ["物流快。"])
    assert scores == pytest.approx({"rouge_1": 6 / 7, "rouge_2": 2 / 5, "rouge_l": 6 / 7})


def test_a_sentence_is_supported_by_the_reviews_it_names() -> None:
    """Other forms of a word count; words of another review do not; who names none stands on all."""
    read = item(["The cable broke.", "Very bright lights."])
    assert is_supported(sentence("A bright light!", 1), read)
    assert not is_supported(sentence("A bright light!", 0), read)
    assert is_supported(sentence("Bright light, broke cable."), read)
    assert not is_supported(sentence("It cost 5 dollars."), read)
    chinese = ReadItem(SummaryItem("x", ("物流快，包装好",), ("快",), "zh"), [None], 20, least_confidence=0.5)
    assert is_supported(sentence("物流快。", 0), chinese)
    assert not is_supported(sentence("物流慢。", 0), chinese)


def test_a_sentence_of_a_model_must_feel_as_its_claim() -> None:
    """By a dictionary, though every word is there; what is quoted may feel as it likes."""
    read = item(["The good cable broke, the terrible one holds."])
    wrong = sentence("The good cable holds.", 0, method="generated", polarity="negative")
    assert not is_supported(wrong, read)
    assert is_supported(replace(wrong, polarity="positive"), read)
    assert is_supported(replace(wrong, method="template"), read)


def test_what_is_counted_and_quoted_is_read_again() -> None:
    """Numbers against the snapshot, quotations against the reviews that are named."""
    read = item()
    (published,) = SUMMARISERS["template"](Settings())([item(most_words=100)])
    assert published.sentences
    assert all(is_supported(one, read) for one in published.sentences)
    told = next(one for one in published.sentences if one.aspect == "quality")
    assert told.claim is not None
    counted = told.claim.model_copy(update={"count": 3})
    assert not is_supported(replace(told, claim=counted), read)
    assert not is_supported(replace(told, text=told.text.replace("broke", "burst")), read)


def test_repetition_is_counted() -> None:
    """One of three sentences, and two of six runs of three words, are there before."""
    text = EvaluatedText((sentence("a b c d"), sentence("A, b c d!"), sentence("e f g h")))
    assert repeated_shares(text, "en") == pytest.approx((1 / 3, 2 / 6))
    assert repeated_shares(EvaluatedText(()), "en") == (0.0, 0.0)


def test_told_points_and_polarity() -> None:
    """Of three points one is told: aspect, polarity and a review must fit. All told is praise, and all reviews are."""
    read = item()
    praise = sentence("Bright.", 0, aspect="performance", polarity="positive")
    wrong = sentence("Broke.", 0, aspect="quality", polarity="negative")
    points = len(read.points)
    assert told_share(EvaluatedText((praise, wrong)), read) == pytest.approx(1 / points)
    assert praise_told(EvaluatedText((praise, wrong, sentence("It is a lamp.")))) == 0.5
    assert praise_told(EvaluatedText((sentence("It is a lamp."),))) is None
    assert praise_written(read) == 1.0


def test_the_plain_summary_says_what_many_say() -> None:
    """A whole sentence a point, never more words than wanted, the commoner polarity first, word for word."""
    (text,) = SUMMARISERS["plain"](Settings())([item()])
    assert [(one.text, one.polarity) for one in text.sentences] == [
        ("The light is very bright.", "positive"),
        ("The cable broke after one week.", "negative"),
    ]
    assert all(one.text in DOCUMENTS[one.reviews[0]] for one in text.sentences)
    assert plain(item(most_words=6)).text == "The light is very bright."
    assert plain(item(most_words=1)).text == "The light is nice."
    assert plain(item(["Hm."])).sentences == ()


def test_a_snapshot_is_what_the_rolling_role_asks_with() -> None:
    """Its review ids are places of documents."""
    snapshot = item().snapshot
    assert snapshot.counts.reviews == 3
    named = {name for point in snapshot.key_points for name in point.review_ids}
    assert named
    assert named <= {"0", "1", "2"}


def test_baselines_choose_sentences_of_the_documents() -> None:
    """Each within the length; LexRank and the centroid prefer what is said twice, lead the first sentences."""
    texts = baseline_texts(item().item, 11)
    assert {name: len(of_one) for name, of_one in texts.items()} == {
        "lexrank": 1,
        "centroid": 1,
        "lead": 1,
        "random": 5,
    }
    assert all(len(text.split()) <= 11 for of_one in texts.values() for text in of_one)
    assert texts["lead"] == ["The light is very bright. The light is nice."]
    assert all(texts[name][0].startswith(DOCUMENTS[0][:25]) for name in ("lexrank", "centroid"))
    assert baseline_texts(item().item, 11) == texts
    chinese = SummaryItem("x", ("物流很快。包装好。", "物流快。"), ("快",), "zh")
    in_chinese = baseline_texts(chinese, 5)
    assert in_chinese.keys() == texts.keys()
    assert all(of_one and all(of_one) for of_one in in_chinese.values())


def test_a_lead_comes_with_its_doubt() -> None:
    """The mean difference, within the interval; ten times as much in one item makes it wide."""
    lead, low, high = lead_of([0.3, 0.3, 0.3, 0.9], [0.2, 0.2, 0.4, 0.3])
    assert lead == pytest.approx(0.175)
    assert low <= 0 < lead < high


def _ask(_settings: Settings, texts: Sequence[str], **_kwargs: Any) -> Asked:
    class Model(SimpleNamespace):
        __hash__ = object.__hash__

    model: Any = Model(name="fake", version="1")
    return Asked([reading(text) for text in texts], dict.fromkeys(range(len(texts)), model), {}, 0.5)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(summaries, "ask", _ask)
    path = tmp_path / "set.csv"
    gold = "\t".join(item().item.references)
    documents = "\t".join(DOCUMENTS)
    path.write_text(
        f"group_id\trev1\trev2\trev3\tsumm1\tsumm2\nlamp\t{documents}\t{gold}\n", encoding="utf-8"
    )
    return path


def test_json_has_all_numbers(file: Path) -> None:
    """Baselines and people under the same keys as ours."""
    result = CliRunner().invoke(
        app, ["evaluate", "summaries", str(file), "--written-by", "template", "--json"]
    )
    assert result.exit_code == 0, result.output
    found = orjson.loads(result.stdout)
    rouge = {"rouge_1", "rouge_2", "rouge_l"}
    assert rouge | {
        "baselines", "people", "lead_rouge_l", "supported", "generated_share", "repetition", "coverage",
        "polarity_error", "reviews_per_second", "models", "words", "most_words", "layout", "items",
    } <= found.keys()  # fmt: skip
    assert found["baselines"].keys() == {"lexrank", "centroid", "lead", "random"}
    assert all(scores.keys() == rouge for scores in (*found["baselines"].values(), found["people"]))
    assert (found["supported"], found["generated_share"], found["layout"]) == (1.0, 0.0, "fewsum")
    assert found["reviews_per_second"] == 6.0


def test_the_table_is_short(file: Path) -> None:
    """A row each, and three lines."""
    result = CliRunner().invoke(app, ["evaluate", "summaries", str(file), "--written-by", "plain"])
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.stdout.splitlines()[1:7]] == [
        "plain", "lexrank", "centroid", "lead", "random", "people",
    ]  # fmt: skip


def test_another_summariser_can_be_measured(file: Path) -> None:
    """What it says by itself is told from what is quoted."""

    def invent(items: Sequence[ReadItem]) -> list[EvaluatedText]:
        made = sentence("A wonderful sofa.", 0, method="generated")
        return [EvaluatedText((*plain(read).sentences, made, made)) for read in items]

    found = summaries.evaluate_summaries(
        Settings(), file, language=None, progress=lambda _: None, name="invented", summariser=invent
    )
    assert (found["summariser"], found["sentences"]) == ("invented", 3)
    assert found["generated_share"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["supported_by_method"] == {"template": 1.0, "generated": 0.0}
    assert found["supported"] == pytest.approx(1 / 3, abs=1e-4)
