"""The examples in the documents are what the contracts accept, and what the roles make."""

import json
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import jsonschema
import pytest
from pydantic import BaseModel

from schemas.documents import ASYNCAPI_FILE, json_schema, render
from schemas.events import Event, Request
from schemas.example_values import examples_of
from schemas.openapi import openapi_document
from schemas.serving import ListedProduct, ProductPage, ProductReviews, ServedProduct
from schemas.summaries import ProductSummary, ProductText
from schemas.topics import TOPICS
from streams.serde import encode
from streams.web.catalogue import KnownProduct, Stored
from streams.web.product_bodies import listed_body, product_body, reviews_body

Model = TypeVar("Model", bound=BaseModel)
CONTRACTS = tuple(dict.fromkeys(topic.contract for topic in TOPICS))
ASYNCAPI = json.loads(render()[ASYNCAPI_FILE])
OPENAPI: Any = json.loads(json.dumps(openapi_document()))


def unknown_fields(given: Any, read: Any, path: str = "") -> list[str]:
    """Fields of an example that its contract does not have, where it would pass over them."""
    if isinstance(given, dict) and isinstance(read, dict):
        missing = [f"{path}.{name}" for name in given if name not in read]
        return missing + [
            one
            for name in given
            if name in read
            for one in unknown_fields(given[name], read[name], f"{path}.{name}")
        ]
    if isinstance(given, list) and isinstance(read, list):
        return [one for a, b in zip(given, read, strict=True) for one in unknown_fields(a, b, path)]
    return []


@pytest.mark.parametrize("contract", CONTRACTS)
def test_each_message_has_examples_that_its_schema_and_its_contract_accept(contract: type[Event]) -> None:
    """By the published file, by the code, and without a field that nobody reads."""
    examples = [one["payload"] for one in ASYNCAPI["components"]["messages"][contract.__name__]["examples"]]
    assert examples
    validator = jsonschema.Draft202012Validator(
        json_schema(contract), format_checker=jsonschema.FormatChecker()
    )
    for example in examples:
        validator.validate(example)
        event = contract.model_validate_json(json.dumps(example))
        assert issubclass(contract, Request) or not unknown_fields(
            example, json.loads(event.model_dump_json())
        )


def test_each_answer_has_examples_that_its_schema_accepts() -> None:
    """Of every operation, of requests and failures too."""
    contents = [
        one["content"]["application/json"]
        for path in OPENAPI["paths"].values()
        for operation in path.values()
        for one in (*operation["responses"].values(), operation.get("requestBody", {}))
        if "content" in one
    ]
    assert len(contents) > 10
    for content in contents:
        schema = {"components": OPENAPI["components"], **content["schema"]}
        assert content["examples"]
        for example in content["examples"].values():
            jsonschema.Draft202012Validator(schema).validate(example["value"])


def test_servers_say_where_to_go() -> None:
    """Each variable of an address has a default."""
    (http,) = OPENAPI["servers"]
    kafka = ASYNCAPI["servers"]["kafka"]
    for address, server in ((http["url"], http), (kafka["host"], kafka)):
        filled = address.format_map({name: one["default"] for name, one in server["variables"].items()})
        assert "{" not in filled
        assert "127.0.0.1:" in filled
    assert kafka["protocol"] == "kafka"


def known() -> KnownProduct:
    """The summary of the examples, as the store would hold it."""
    raw = read(ProductSummary).model_dump_json().encode()
    return KnownProduct(Stored("lamp-201", "e", 2, 17, raw), raw)


def test_answers_are_those_that_the_summary_of_the_examples_gets() -> None:
    """One story from topic to answer."""
    served = encode(product_body(known(), today=date(2026, 11, 28)))
    assert ServedProduct.model_validate_json(served) == read(ServedProduct)
    assert ListedProduct.model_validate_json(encode(listed_body(known()))) == read(ProductPage).products[0]
    assert ProductReviews.model_validate_json(encode(reviews_body(known(), limit=10))) == read(ProductReviews)
    text = read(ProductText)
    assert (text.review_count, text.as_of) == (7, datetime(2026, 11, 27, 16, tzinfo=UTC))


def read(model: type[Model]) -> Model:
    """The first example of a model, by the model."""
    return model.model_validate_json(json.dumps(examples_of(model)[0]))
