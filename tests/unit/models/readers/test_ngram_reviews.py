"""The built-in Chinese reader with its shipped weights."""

import shutil
from pathlib import Path

import pytest
import torch

import models
from models.devices import ComputePlan
from models.errors import DamagedModelError
from models.readers.interfaces import ReviewReading
from models.readers.ngram_reviews import NgramReviews, load_ngram_reviews

pytestmark = pytest.mark.model

BUILTIN = Path(models.__path__[0]) / "builtin" / "ngram-reviews-zh"
PLAN = ComputePlan("cpu", torch.float32)

SENTENCES = {
    "positive": (
        "非常好",
        "质量很好，物流也快",
        "一点也不卡",
        "孩子很喜欢",
        "味道很好，分量足",
        "性价比很高，推荐",
    ),
    "negative": ("太差了", "用了两天就坏了", "不推荐购买", "等了一个星期才到", "感觉像假货", "客服爱理不理"),
    "neutral": ("还行吧", "给妈妈买的", "中规中矩", "还没有用，不知道怎么样", "同事用的", "上个月买的"),
}
# Short cries and negations that no reader of shop reviews may get wrong.
CERTAIN = {
    "不错": "positive",
    "没有异味": "positive",
    "不好": "negative",
    "不是很满意": "negative",
    "包装破损": "negative",
    "一般": "neutral",
    "凑合": "neutral",
    "用了三天": "neutral",
}
LONG = "房间很干净，服务员也热情，就是早餐一般。" * 1000


@pytest.fixture(scope="module")
def reader() -> NgramReviews:
    return load_ngram_reviews(BUILTIN, PLAN)


def read(reader: NgramReviews, *texts: str) -> list[ReviewReading]:
    return reader.forward(reader.tokenise(texts))


@pytest.mark.parametrize("label", SENTENCES)
def test_the_shipped_weights_give_sane_labels(reader: NgramReviews, label: str) -> None:
    """Of plain sentences of each class at most one is misread."""
    found = [reading.sentiment.label for reading in read(reader, *SENTENCES[label])]
    assert sum(got == label for got in found) >= len(found) - 1, found


def test_short_negations_are_read_right(reader: NgramReviews) -> None:
    """All of them."""
    found = [reading.sentiment.label for reading in read(reader, *CERTAIN)]
    assert dict(zip(CERTAIN, found, strict=True)) == CERTAIN


def test_each_aspect_has_a_feeling_and_a_place_of_its_own(reader: NgramReviews) -> None:
    """Praise of one and blame of another in one sentence; spans are the clauses, without punctuation."""
    text = "物流很快，但是客服态度差。"
    reading = read(reader, text)[0]
    found = {
        mention.aspect: (mention.sentiment.label, text[mention.start : mention.end])
        for mention in reading.aspects
    }
    assert found == {"delivery": ("positive", "物流很快"), "customer_service": ("negative", "但是客服态度差")}
    assert all(0.0 <= mention.confidence <= 1.0 for mention in reading.aspects)


def test_sentences_cover_the_text(reader: NgramReviews) -> None:
    """Each with a feeling of its own; only the space between them is left out."""
    text = "质量很好。 客服太差了！"
    sentences = read(reader, text)[0].sentences
    assert [(text[one.start : one.end], one.sentiment.label) for one in sentences] == [
        ("质量很好。", "positive"),
        ("客服太差了！", "negative"),
    ]


def test_company_order_and_length(reader: NgramReviews) -> None:
    """Short ones, an empty one and one of 20,000 characters get, together and turned round, what they get alone."""
    texts = ["很好", LONG, "", "物流慢，客服差", "😀", "\ud800", "good"]
    alone = [read(reader, text)[0] for text in texts]
    for others in (read(reader, *texts), read(reader, *texts[::-1])[::-1]):
        for one, other in zip(alone, others, strict=True):
            assert other.sentiment.positive == pytest.approx(one.sentiment.positive, abs=1e-6)
            assert other.sentiment.neutral == pytest.approx(one.sentiment.neutral, abs=1e-6)
            assert [(m.aspect, m.start, m.end) for m in other.aspects] == [
                (m.aspect, m.start, m.end) for m in one.aspects
            ]
            assert len(other.sentences) == len(one.sentences)
    assert alone[2] == ReviewReading(alone[2].sentiment)
    assert alone[2].sentiment.neutral == 1.0


def test_lengths_feed_the_planner(reader: NgramReviews) -> None:
    """A sixteenth of the n-grams, at least 1, so that a batch of 1,024 holds some dozen reviews."""
    empty, short, long = reader.tokenise(["", "很好", LONG])
    assert (len(empty), len(short)) == (1, 1)
    assert len(long) == -(-len(long.rows) // 16) > 1000


def test_every_aspect_can_be_asked_about(reader: NgramReviews) -> None:
    """Of those spoken of the presence is higher than of the others."""
    scores = reader.aspect_scores(reader.tokenise(["物流很快", "味道不错"]))
    assert [max(one, key=lambda aspect: one[aspect].presence) for one in scores] == [
        "delivery",
        "taste_and_smell",
    ]


def test_it_says_what_it_is(reader: NgramReviews) -> None:
    """Name, Chinese only, packed, a version of twelve hexadecimal digits; nothing in, nothing out."""
    assert (reader.name, reader.languages, reader.packs) == ("ngram-reviews-zh", frozenset({"zh"}), True)
    assert len(reader.version) == 12
    assert int(reader.version, 16) >= 0
    assert reader.forward([]) == []
    assert reader.tokenise([]) == []


def test_it_is_small() -> None:
    """The whole directory stays below five million bytes."""
    assert sum(path.stat().st_size for path in BUILTIN.iterdir()) < 5_000_000


def test_tampered_weights_are_not_loaded(tmp_path: Path) -> None:
    """One changed byte of the shipped weights, and loading refuses."""
    copy = shutil.copytree(BUILTIN, tmp_path / "copy")
    weights = bytearray((copy / "ngram-reviews.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "ngram-reviews.safetensors").write_bytes(weights)
    with pytest.raises(DamagedModelError, match=r"ngram-reviews\.safetensors"):
        load_ngram_reviews(copy, PLAN)
