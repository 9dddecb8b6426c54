"""The OpenAPI document is whole, and made of the models that the answers follow."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import jsonschema

from schemas.openapi import openapi_document
from schemas.serving import SortKey

DOCUMENT: Any = json.loads(json.dumps(openapi_document()))


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_leads_to_a_valid_schema() -> None:
    """A generator of clients finds all that is named, in the dialect of OpenAPI 3.1."""
    schemas = DOCUMENT["components"]["schemas"]
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        name = reference.removeprefix("#/components/schemas/")
        jsonschema.Draft202012Validator.check_schema(schemas[name])


def test_every_operation_says_what_it_answers() -> None:
    """Each has an id of its own, an answer, and the failures that a client must expect."""
    operations = [one for path in DOCUMENT["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all("200" in one["responses"] for one in operations)
    products = [one for one in operations if "security" in one]
    assert len(products) == 6
    assert all({"401", "503"} <= set(one["responses"]) for one in products)


def test_path_parameters_are_declared() -> None:
    """What is in a path's braces is a required parameter of its operations."""
    for path, operations in DOCUMENT["paths"].items():
        for one in operations.values():
            declared = {p["name"] for p in one.get("parameters", ()) if p["in"] == "path" and p["required"]}
            assert declared == ({"product_id"} if "{product_id}" in path else set())


def test_the_orders_of_a_list_are_those_there_are() -> None:
    """The enumeration is that of the code."""
    parameters = DOCUMENT["paths"]["/products"]["get"]["parameters"]
    sort = next(one for one in parameters if one["name"] == "sort")
    assert sort["schema"]["enum"] == list(get_args(SortKey))
