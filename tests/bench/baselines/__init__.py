"""What others would write: each as its documentation shows, with care, in an afternoon.

Every script takes one argument, the JSON of a `Task`, reads its source topic from the beginning and writes one
result a review to its output topic, until it gets SIGTERM.
"""

import sys
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True)
class Task:
    """What a contender is to do."""

    bootstrap_servers: str
    source: str
    output: str
    group: str
    variant: str
    directory: str

    @classmethod
    def of_command_line(cls) -> "Task":
        """The task that the benchmark gave this process."""
        return cls(**orjson.loads(sys.argv[1]))


def result(review: dict[str, Any], label: str, scores: list[float]) -> dict[str, Any]:
    """What a baseline publishes: less than ours, which is in its favour."""
    return {
        "review_id": review["review_id"],
        "product_id": review["product_id"],
        "label": label,
        "scores": scores,
    }
