"""One list of aspects, which everything that names some comes from."""

import json
from itertools import chain
from pathlib import Path

import pytest

import models
from models.readers import aspects
from models.readers.aspects import ASPECTS, aspect_named
from models.registry.manifest import verify_manifest
from models.training.cards.reader_card import reader_card
from models.training.reader import RECIPES

BUILTIN = Path(models.__path__[0]) / "builtin"


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


@pytest.mark.parametrize("name", ["reviews-en", "reviews-zh"])
def test_a_shipped_reader_says_aspects_of_the_list(name: str) -> None:
    """Its files are whole, small enough to ship, and its card is of its numbers."""
    directory = BUILTIN / name
    verify_manifest(directory)
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    metrics = json.loads((directory / "metrics.json").read_text(encoding="utf-8"))
    assert tuple(config["aspects"]) == ASPECTS
    assert sum(path.stat().st_size for path in directory.iterdir()) < 12_000_000
    recipe, _ = RECIPES[name]
    assert (directory / "README.md").read_text(encoding="utf-8") == reader_card(recipe, metrics)
