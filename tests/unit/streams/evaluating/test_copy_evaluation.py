"""Copy is measured by a check that does not know how it was written."""

import json
from pathlib import Path

import pytest

from schemas.grounding import CopyClaim
from schemas.products import Product
from streams.copywriting import Subject
from streams.errors import ConfigurationError
from streams.evaluating.copy_products import products_to_write
from streams.evaluating.copy_support import unsupported_numbers, unsupported_words
from streams.evaluating.copywriting import evaluate_copy

DEMO = Path(__file__).parents[4] / "streams" / "demo" / "products.jsonl"


def subject(**fields: object) -> Subject:
    """A product of these fields."""
    full = {"product_id": "p", "title": "Oxley lamp", "updated_at": "2025-01-01T00:00:00Z", **fields}
    return Subject.of(Product.model_validate_json(json.dumps(full)))


LAMP = subject(attributes={"weight": "1,200 g", "colour": "black"}, price=39.9, currency="USD")
KETTLE = subject(title="禾灶水壶", attributes={"容量": "1.5升", "材质": "玻璃"})


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It weighs 1200 g.", []),
        ("It costs 39.90 USD.", []),
        ("It weighs 1300 g.", ["1300"]),
        ("It has 2 lights.", ["2"]),
    ],
)
def test_numbers_must_be_those_of_the_record(text: str, numbers: list[str]) -> None:
    """However they are written."""
    assert unsupported_numbers(text, LAMP) == numbers


@pytest.mark.parametrize(
    ("text", "about", "language", "is_supported"),
    [
        ("The Oxley lamp weighs 1,200 g and comes in black.", LAMP, "en", True),
        ("The Oxley lamp has a wireless charger.", LAMP, "en", False),
        ("The Oxley lamp is elegant.", LAMP, "en", False),
        ("这款禾灶水壶，容量1.5升，采用玻璃材质。", KETTLE, "zh", True),
        ("这款禾灶水壶支持蓝牙连接手机。", KETTLE, "zh", False),
    ],
)
def test_words_must_be_those_of_the_record_or_claim_nothing(
    text: str, about: Subject, language: str, is_supported: bool
) -> None:
    """An invented property is found, a paraphrase of having and being is not."""
    assert (unsupported_words(CopyClaim(text=text), about, language) == []) is is_supported


def test_the_demonstrations_products_are_told_truly_and_whole() -> None:
    """Attributes are told, no number is invented, limits are kept, nothing is said twice."""
    pytest.importorskip("nltk")
    report = evaluate_copy(DEMO, language=None, progress=lambda _line: None)
    assert report["products"] == 14
    assert report["refused"] == 0
    assert (report["coverage"] or 0) >= 0.8
    assert report["unsupported_numbers"] == 0
    assert (report["unsupported_claims"] or 0) <= 0.02, report["examples"]
    assert report["over_limit"] == report["repeated_texts"] == 0


def test_a_catalogue_is_read_by_its_own_names(tmp_path: Path) -> None:
    """Warranty and the like become attributes."""
    row = {
        "id": 7,
        "title": "Oxley mug",
        "description": "A mug.",
        "price": 9.5,
        "warrantyInformation": "1 week warranty",
        "dimensions": {"width": 8, "height": 9.5, "depth": 8},
        "tags": ["mug"],
    }
    (tmp_path / "products.json").write_text(json.dumps([row]), encoding="utf-8")
    (known,) = products_to_write(tmp_path)
    assert known.details.attributes["warranty"] == "1 week warranty"
    assert known.details.attributes["dimensions"] == "8 x 9.5 x 8"


def test_a_directory_without_products_is_refused(tmp_path: Path) -> None:
    """With what was wanted."""
    with pytest.raises(ConfigurationError, match="wanted products"):
        products_to_write(tmp_path)
