"""The OpenAPI 3.1 document of the serving role: its pages, and the JSON Schema of every answer."""

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from schemas.events import SCHEMA_VERSION
from schemas.example_values import examples_of
from schemas.fields import MAX_LABEL_CHARACTERS
from schemas.serving import (
    MAX_LATEST_REVIEWS,
    MAX_LISTED_REVIEWS,
    MAX_PAGE_PRODUCTS,
    BatchQuery,
    Failure,
    Health,
    ProductBatch,
    ProductDays,
    ProductPage,
    ProductReviews,
    ReadinessAnswer,
    ReviewIds,
    ServedProduct,
)

Document = dict[str, object]

_MODELS: tuple[type[BaseModel], ...] = (
    ServedProduct,
    ProductBatch,
    ProductPage,
    ProductReviews,
    ReviewIds,
    ProductDays,
    BatchQuery,
    Failure,
    Health,
    ReadinessAnswer,
)
_FAILURES = {
    400: "The request does not fit; the message says what was wanted.",
    401: "The bearer token is missing or another one.",
    404: "There is no such product.",
    413: "The body is too large.",
    503: "It cannot be told at the moment; ask again after Retry-After seconds.",
}
_SERVER: Document = {
    "url": "{origin}",
    "description": "A serving process, or what stands before several.",
    "variables": {
        "origin": {
            "default": "http://127.0.0.1:8600",
            "description": "scheme, host and port; the default is that of REVIEWSTREAM_HTTP__HOST and __PORT",
        }
    },
}
_PRODUCT_ID: Document = {
    "name": "product_id",
    "in": "path",
    "required": True,
    "description": "percent-encoded: a slash in it is %2F",
    "example": "lamp-201",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}


def openapi_document() -> Document:
    """Describe every page of the serving role; JSON values only, the same for the same contracts."""
    _, definitions = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Reviewstream products",
            "version": SCHEMA_VERSION,
            "description": "What a shop's reviews add up to, product by product, while they come in.",
        },
        "servers": [_SERVER],
        "paths": _paths(),
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> Document:
    sort: Document = {"type": "string", "enum": ["reviews", "rating", "negative_share", "updated"]}
    return {
        "/products/{product_id}": {
            "get": _operation(
                "getProduct", "One product.", ServedProduct, 400, 401, 404, 503,
                parameters=[_PRODUCT_ID, _parameter("If-None-Match", {"type": "string"}, place="header")],
                more={"304": {"description": "The answer that the client holds is current."}},
            )
        },
        **_paths_of_reviews(),
        "/products:batchGet": {
            "post": _operation(
                "batchGetProducts", "Several products at once.", ProductBatch, 400, 401, 413, 503,
                body=BatchQuery,
            )
        },
        "/products": {
            "get": _operation(
                "listProducts",
                "Products in order. By rating only those that have one, by negative_share only those with sentiment.",
                ProductPage, 400, 401, 503,
                parameters=[
                    _parameter("sort", {**sort, "default": "reviews"}),
                    _parameter("order", {"type": "string", "enum": ["asc", "desc"], "default": "desc"}),
                    _limit(20, MAX_PAGE_PRODUCTS),
                    _parameter("cursor", {"type": "string"}),
                ],
            )
        },
        "/healthz": {"get": _open("health", "Whether the process answers.", Health)},
        "/readyz": {"get": _open("readiness", "Whether it works, and if not, why.", ReadinessAnswer)},
    }  # fmt: skip


def _paths_of_reviews() -> Document:
    aspect: Document = {"type": "string", "minLength": 1, "maxLength": MAX_LABEL_CHARACTERS}
    return {
        "/products/{product_id}/reviews": {
            "get": _operation(
                "getProductReviews", "The latest reviews of a product.", ProductReviews, 400, 401, 404, 503,
                parameters=[_PRODUCT_ID, _limit(MAX_LATEST_REVIEWS, MAX_LATEST_REVIEWS)],
            )
        },
        "/products/{product_id}/review-ids": {
            "get": _operation(
                "getProductReviewIds",
                "The reviews that one counter of a product counts; an aspect wants its polarity.",
                ReviewIds, 400, 401, 404, 503,
                parameters=[
                    _PRODUCT_ID,
                    _parameter("aspect", aspect),
                    _parameter("polarity", {"type": "string", "enum": ["negative", "neutral", "positive"]}),
                    _limit(100, MAX_LISTED_REVIEWS),
                    _parameter("cursor", {"type": "string"}),
                ],
            )
        },
        "/products/{product_id}/days": {
            "get": _operation(
                "getProductDays",
                "The reviews of a product day by day, or those that speak of an aspect.",
                ProductDays, 400, 401, 404, 503,
                parameters=[
                    _PRODUCT_ID,
                    _parameter("aspect", aspect),
                ],
            )
        },
    }  # fmt: skip


def _operation(
    name: str,
    summary: str,
    answer: type[BaseModel],
    *failures: int,
    parameters: list[Document] | None = None,
    body: type[BaseModel] | None = None,
    more: Document | None = None,
) -> Document:
    responses: Document = {"200": _content("The answer.", answer), **(more or {})}
    for status in failures:
        responses[str(status)] = _content(_FAILURES[status], Failure)
    operation: Document = {
        "operationId": name,
        "summary": summary,
        "security": [{}, {"token": []}],
        "parameters": parameters or [],
        "responses": responses,
    }
    if body is not None:
        operation["requestBody"] = {**_content("What is asked for.", body), "required": True}
    return operation


def _open(name: str, summary: str, answer: type[BaseModel]) -> Document:
    responses: Document = {"200": _content(summary, answer)}
    if answer is ReadinessAnswer:
        responses["503"] = _content("It does not work; the reasons say why.", answer)
    return {"operationId": name, "summary": summary, "responses": responses}


def _content(description: str, model: type[BaseModel]) -> Document:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    examples = {f"example-{n}": {"value": value} for n, value in enumerate(examples_of(model), start=1)}
    return {
        "description": description,
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }


def _parameter(name: str, schema: Document, *, place: str = "query") -> Document:
    return {"name": name, "in": place, "required": False, "schema": schema}


def _limit(default: int, most: int) -> Document:
    return _parameter("limit", {"type": "integer", "minimum": 1, "maximum": most, "default": default})
