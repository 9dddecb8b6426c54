"""What the demonstration's reviews add up to: the newest summary of each product, and the alerts."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from schemas.topics import ENRICHED_REVIEW, PRODUCT_ALERT, PRODUCT_SUMMARY
from streams.demo.tally import OutputRecord

FIRST_REVIEWS = 5
#: The topics to follow for it.
TOPICS = (PRODUCT_SUMMARY.name, PRODUCT_ALERT.name)


class ProductWatch:
    """Follows the summaries until they know of every enriched review.

    Attributes:
        summaries: the newest of each product.
        alerts: in the order they came, each once.
    """

    def __init__(self) -> None:
        self.summaries: dict[str, Mapping[str, Any]] = {}
        self._alerts: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._wanted: dict[str, int] = {}

    @property
    def alerts(self) -> tuple[Mapping[str, Any], ...]:
        """See above."""
        return tuple(self._alerts.values())

    def add(self, record: OutputRecord, offset: int) -> bool:
        """Take note of a record; whether it was one of a product, not of a review."""
        if record.topic == ENRICHED_REVIEW.name:
            self._wanted[orjson.loads(record.value or b"{}")["product_id"]] = offset
            return False
        if record.topic not in TOPICS:
            return False
        event = orjson.loads(record.value or b"null")
        if event is not None and record.topic == PRODUCT_ALERT.name:
            self._alerts.setdefault((event["alert_id"], event["state"]), event)
        elif event is not None:
            self.summaries[event["product_id"]] = event
        return True

    def is_complete(self, products: Iterable[str]) -> bool:
        """Whether every summary knows of the last enriched review of its product, and these products have one."""
        return all(product_id in self.summaries for product_id in products) and all(
            product_id in self.summaries and self._reached(self.summaries[product_id]) >= offset
            for product_id, offset in self._wanted.items()
        )

    def has_texts(self) -> bool:
        """Whether every product with reviews enough for a text has the one that was asked for last."""
        return all(
            one["generation"] == one["text_generation"] > 0
            for one in self.summaries.values()
            if one["generation"] or one["counts"]["reviews"] >= FIRST_REVIEWS
        )

    @staticmethod
    def _reached(summary: Mapping[str, Any]) -> int:
        source = summary["source"]
        return int(source["offset"]) if source["topic"] == ENRICHED_REVIEW.name else -1
