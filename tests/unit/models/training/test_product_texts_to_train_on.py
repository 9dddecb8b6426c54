"""The products with copy that people would publish: valid events, and texts within their channels' limits."""

from pathlib import Path
from typing import Any

import orjson
import pytest

import models
from schemas.products import Product

PRODUCTS = Path(models.__path__[0]) / "training" / "products"
LIMITS = {
    "en": {"search": 90, "push": 60, "email_subject": 50, "feed": 125},
    "zh": {"search": 30, "push": 24, "email_subject": 20, "feed": 50},
}


def rows(language: str) -> list[dict[str, Any]]:
    return list(map(orjson.loads, (PRODUCTS / f"{language}.jsonl").read_bytes().splitlines()))


@pytest.mark.parametrize("language", LIMITS)
def test_there_are_sixty_products_in_twenty_categories(language: str) -> None:
    products = [Product.model_validate_json(orjson.dumps(row["product"])) for row in rows(language)]
    assert len({one.product_id for one in products}) == 60
    assert len({one.category for one in products}) == 20
    assert {one.language for one in products} == {language}


@pytest.mark.parametrize("language", LIMITS)
def test_copy_keeps_its_limits_and_names_its_facts(language: str) -> None:
    """Three reasons each, on attributes that the product has."""
    for row in rows(language):
        copy, attributes = row["copy"], row["product"]["attributes"]
        assert len(copy["reasons"]) == 3
        for reason in copy["reasons"]:
            assert reason["text"]
            assert set(reason["facts"]) <= attributes.keys()
        for channel, most in LIMITS[language].items():
            assert 0 < len(copy["ad"][channel]) <= most, (row["product"]["product_id"], channel)
