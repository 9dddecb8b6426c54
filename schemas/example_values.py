"""Examples of every contract and of every answer over HTTP, as JSON values: kept in `schemas/examples/`."""

import json
from functools import cache
from importlib import resources

from pydantic import BaseModel

Example = dict[str, object]


def examples_of(model: type[BaseModel]) -> tuple[Example, ...]:
    """The examples of a contract or an answer, at least one; each is valid.

    >>> from schemas.serving import BatchQuery
    >>> examples_of(BatchQuery)
    ({'product_ids': ['lamp-201', 'lamp-999']},)
    """
    return _examples()[model.__name__]


@cache
def _examples() -> dict[str, tuple[Example, ...]]:
    directory = resources.files("schemas").joinpath("examples")
    documents = [
        json.loads(directory.joinpath(name).read_bytes()) for name in ("events.json", "answers.json")
    ]
    return {name: tuple(examples) for document in documents for name, examples in document.items()}
