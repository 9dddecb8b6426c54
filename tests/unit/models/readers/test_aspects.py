"""One list of aspects, which everything that names some comes from."""

import json
from itertools import chain
from pathlib import Path

import pytest
import torch

from models.errors import DamagedModelError
from models.readers import aspects
from models.readers.aspects import ASPECTS, aspect_named, head_aspects
from models.readers.review_heads import AspectHead, SentimentHead
from models.readers.review_weights import ReviewWeights, load_review_weights, save_review_weights
from models.registry.manifest import verify_manifest, write_manifest
from models.training import chinese_data, chinese_written
from models.training.chinese_card import chinese_card
from models.training.english_card import english_card
from models.training.report import never_said

BUILTIN = Path(str(chinese_data.__file__)).parents[1] / "builtin"
CARDS = {"minilm-reviews-en": english_card, "ngram-reviews-zh": chinese_card}


def test_there_are_fifteen() -> None:
    """The list that annotated reviews are labelled with."""
    assert (
        *("quality", "performance", "design", "size_and_fit", "ease_of_use", "price_and_value", "delivery"),
        *(
            "packaging",
            "customer_service",
            "authenticity",
            "taste_and_smell",
            "content",
            "safety",
            "ambience",
        ),
        "other",
    ) == ASPECTS


@pytest.mark.parametrize(
    ("aspect", "names"),
    [
        ("taste_and_smell", "food Taste flavour flavor smell scent taste-and-smell 味道 口感 异味 菜品"),
        ("content", "content story plot translation 内容 情节 剧情 故事"),
        ("safety", "safety safe allergy 安全 过敏 漏电"),
    ],
)
def test_other_sets_names_are_understood(aspect: str, names: str) -> None:
    """Names of earlier days among them."""
    assert {name: aspect_named(name) for name in names.split()} == dict.fromkeys(names.split(), aspect)


def test_no_name_means_two_aspects() -> None:
    """A synonym stands at one aspect, and is no aspect's own name."""
    names = [aspects._plain(name) for name in (*ASPECTS, *chain(*aspects._SYNONYMS.values()))]
    assert sorted(names) == sorted(set(names))
    assert {aspect: aspect_named(aspect) for aspect in ASPECTS} == {aspect: aspect for aspect in ASPECTS}


@pytest.mark.parametrize("name", CARDS)
def test_a_shipped_head_says_aspects_of_the_list(name: str) -> None:
    """Its labels stand in its configuration under today's names; its files are whole, its card is of its numbers."""
    directory = BUILTIN / name
    verify_manifest(directory)
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    metrics = json.loads((directory / "metrics.json").read_text(encoding="utf-8"))
    assert list(head_aspects(config["aspects"], name)) == config["aspects"] == metrics["training"]["aspects"]
    assert (directory / "README.md").read_text(encoding="utf-8") == CARDS[name](metrics)


def test_a_card_says_what_is_never_said() -> None:
    """Aspects that a head does not know; nothing where it knows all."""
    known = [aspect for aspect in ASPECTS if aspect not in {"content", "safety", "other"}]
    assert "content, safety and other" in never_said(known)
    assert never_said(ASPECTS) == ""


@pytest.mark.parametrize("names", [[], ["delivery", "weather"], ["food", "taste_and_smell"]])
def test_a_head_of_other_labels_is_refused(names: list[str]) -> None:
    """The error says which aspects there are, and which labels came."""
    with pytest.raises(DamagedModelError, match="model small: wanted aspects among quality"):
        head_aspects(names, "small")


def test_a_head_may_know_fewer_aspects(tmp_path: Path) -> None:
    """It is loaded with as many outputs as it has labels, under today's names."""
    weights = ReviewWeights(
        adapter={},
        sentiment_head=SentimentHead(8),
        aspect_head=AspectHead(8, 2),
        aspects=("taste_and_smell", "delivery"),
        temperature=1.0,
        aspect_temperature=1.0,
        threshold=0.5,
        encoder_sha256="x",
    )
    save_review_weights(weights, tmp_path)
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace("taste_and_smell", "food"))
    write_manifest(tmp_path)
    loaded = load_review_weights(tmp_path, "cpu")
    assert loaded.aspects == ("taste_and_smell", "delivery")
    logits = loaded.aspect_head(torch.zeros(3, 8), torch.tensor([0, 0, 1]), 2)
    assert loaded.aspect_probabilities(logits)[1].shape == (2, 2, 3)


def test_the_chinese_word_list_has_words_of_every_aspect() -> None:
    """But of "other", which has none of its own; a word stands for one aspect."""
    lists = json.loads(chinese_data.WORDS.read_text(encoding="utf-8"))
    assert set(lists) == set(ASPECTS) - {"other"}
    words = [word for line in lists.values() for word in line.split()]
    assert len(words) == len(set(words))


def test_the_chinese_sentences_speak_of_every_aspect() -> None:
    """But of "other"."""
    written = chinese_written.read_written(chinese_written.WRITTEN, seed=7, variants=1)
    assert {aspect for one in written for aspect in one.aspects or {}} == set(ASPECTS) - {"other"}
