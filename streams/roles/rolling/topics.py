"""The topics of the rolling role by what they carry: data, for a replay reads and writes others."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from schemas.topics import (
    ENRICHED_REVIEW,
    NEW_PRODUCT,
    PRODUCT_ALERT,
    PRODUCT_DOCUMENT,
    PRODUCT_SUMMARY,
    PRODUCT_TEXT,
    REFRESH_REQUESTED,
)


@dataclass(frozen=True, slots=True)
class RollingTopics:
    """Names of topics; the defaults are those of the live stream.

    Attributes:
        replay_id: stamped on everything that is published; None in the live stream.
    """

    reviews: str = ENRICHED_REVIEW.name
    products: str = NEW_PRODUCT.name
    texts: str = PRODUCT_TEXT.name
    summaries: str = PRODUCT_SUMMARY.name
    documents: str = PRODUCT_DOCUMENT.name
    refreshes: str = REFRESH_REQUESTED.name
    alerts: str = PRODUCT_ALERT.name
    replay_id: str | None = None

    def renamed(self, names: Callable[[str], str]) -> Self:
        """The same topics by the names that they have on the broker."""
        return replace(
            self,
            reviews=names(self.reviews),
            products=names(self.products),
            texts=names(self.texts),
            summaries=names(self.summaries),
            documents=names(self.documents),
            refreshes=names(self.refreshes),
            alerts=names(self.alerts),
        )


LIVE = RollingTopics()
