from datetime import date
from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import given

from schemas.openapi import openapi_document
from schemas.serving import ListedProduct, ProductReviews, ServedProduct
from schemas.summaries import ProductSummary
from streams.serde import encode
from streams.web.catalogue import KnownProduct, Stored
from streams.web.product_bodies import listed_body, product_body, reviews_body
from streams.web.stored_summary import Counts, Sentiment
from tests.summaries import TODAY, document
from tests.unit.schemas.event_samples import summaries

COMPONENTS: Any = openapi_document()["components"]


def follows(model: str, body: bytes) -> None:
    """Check a body against its schema in the OpenAPI document."""
    schema = {"$ref": f"#/components/schemas/{model}", "components": COMPONENTS}
    jsonschema.Draft202012Validator(schema).validate(orjson.loads(body))


def found(raw: bytes) -> KnownProduct:
    return KnownProduct(Stored("p", "1", 2, 17, raw), raw)


@given(summaries)
def test_every_summary_has_bodies_that_keep_the_contract(summary: ProductSummary) -> None:
    """Whatever the contract lets through can be answered, and the answer is what the document promises."""
    one = found(summary.model_dump_json().encode())
    for model, body in (
        (ServedProduct, product_body(one, today=date(2026, 11, 25))),
        (ListedProduct, listed_body(one)),
        (ProductReviews, reviews_body(one, limit=2)),
    ):
        written = encode(body)
        follows(model.__name__, written)
        model.model_validate_json(written)


def test_fields_that_a_publisher_leaves_out_have_their_defaults() -> None:
    """A summary with what is required alone is answered like one that spells everything out."""
    least = orjson.loads(document("p"))
    for name in ("title", "category", "days", "key_points", "latest_reviews", "text", "method"):
        del least[name]
    body = orjson.loads(encode(product_body(found(orjson.dumps(least)), today=TODAY)))
    assert (body["title"], body["key_points"], body["text"]) == (None, [], None)
    assert body["trends"][2]["reviews"] == 0
    ServedProduct.model_validate_json(orjson.dumps(body))


def test_a_body_says_what_it_was_made_of() -> None:
    """Versions name the record, and text, quotes and counts are passed on as they are."""
    body = orjson.loads(encode(product_body(found(document("p", negative=3)), today=TODAY)))
    assert body["versions"]["source"] == {"topic": "product-summary", "partition": 2, "offset": 17}
    assert body["key_points"][0]["quotes"][0]["text"] == "It hums. 有点响。"
    assert body["counts"]["sentiment"]["negative"] == 3
    assert (body["average_rating"], body["review_count"], body["stale"]) == (4.0, 10, False)


def test_reviews_are_bounded() -> None:
    """No more than was asked for, latest first."""
    body = orjson.loads(encode(reviews_body(found(document("p", latest=5)), limit=2)))
    assert [review["review_id"] for review in body["reviews"]] == ["r0", "r1"]


@pytest.mark.parametrize(
    ("hundredths", "histogram", "average"),
    [
        (0, [0] * 6, None),
        (0, [3, 0, 0, 0, 0, 0], 0.0),
        (1_001, [0, 0, 0, 0, 0, 3], 3.34),
        (99_999, [0, 0, 0, 0, 0, 1], 5.0),
    ],
)
def test_the_average_is_that_of_the_rated(
    hundredths: int, histogram: list[int], average: float | None
) -> None:
    """Reviews without a rating do not count, and the average stays within its range."""
    counts = Counts(sum(histogram), histogram, Sentiment(0, 0, 0), rating_hundredths=hundredths)
    assert counts.average_rating == average
