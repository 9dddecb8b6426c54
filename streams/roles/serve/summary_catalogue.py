"""The catalogue that the pages ask: Redis, and what this process answered before."""

import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from schemas.serving import SortKey, SortOrder
from streams.roles.serve.judging import Verdict, as_answered, judge
from streams.roles.serve.metrics import ServingMetrics
from streams.roles.serve.progress import Progress
from streams.roles.serve.recent_answers import AnsweredProducts
from streams.roles.serve.redis_store import StoreAwayError
from streams.roles.serve.review_lists import ReviewLists
from streams.roles.serve.store import ProductStore
from streams.settings import ServingSettings
from streams.web.catalogue import (
    KnownProduct,
    ListedReview,
    Lookup,
    NotKnownYetError,
    Page,
    Place,
    ReviewList,
    ReviewPage,
    Stored,
)

log = structlog.get_logger(__name__)

#: One request in this time asks a Redis that is away; the others would only wait for its timeout, too.
_ASK_AGAIN_S = 0.2
_AWAY = "the store cannot be asked at the moment, and this product was not asked for lately"
_FILLING = "the store is being filled, and has not got to the end of product-summary"
_LISTING = "the lists of reviews are being filled, and have not got to the end of rolling-state"
_BEHIND = "the store has not been at the end of product-summary since this server was started"


class SummaryCatalogue:
    """Answers from Redis; from memory while Redis is away; and never anything older than it answered before."""

    def __init__(
        self,
        store: ProductStore,
        lists: ReviewLists,
        settings: ServingSettings,
        metrics: ServingMetrics,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._lists = lists
        self._stale_after_s = settings.stale_after_s
        self._metrics = metrics
        self._now = now
        self._answered = AnsweredProducts(
            settings.cached_products, settings.cached_megabytes * 1024 * 1024, now=now
        )
        self._has_been_current = False
        self._is_away = False
        self._ask_again_at_s = 0.0

    async def find(self, product_ids: Sequence[str]) -> Lookup:
        """What is known of each product."""
        if self._is_away and self._now() < self._ask_again_at_s:
            return self._from_memory(product_ids)
        self._ask_again_at_s = self._now() + _ASK_AGAIN_S
        try:
            reading = await self._store.read(product_ids)
        except StoreAwayError as error:
            self._away(error)
            return self._from_memory(product_ids)
        self._back(reading.progress)
        verdicts = {
            product_id: self._judge(product_id, reading.products.get(product_id), reading.progress)
            for product_id in product_ids
        }
        return self._lookup(verdicts, _BEHIND if reading.progress.is_complete else _FILLING)

    async def page(self, sort: SortKey, order: SortOrder, *, limit: int, after: Place | None) -> Page:
        """The products in order, from behind a place.

        Raises:
            NotKnownYetError: Redis is away, or is being filled.
        """
        try:
            ranking = await self._store.page(sort, order, limit=limit, after=after)
        except StoreAwayError as error:
            self._away(error)
            raise NotKnownYetError("the store cannot be asked at the moment; ask again") from error
        self._back(ranking.progress)
        if not ranking.progress.is_complete:
            raise NotKnownYetError(f"{_FILLING}; ask again")
        verdicts = {
            ranked.stored.product_id: self._judge(ranked.stored.product_id, ranked.stored, ranking.progress)
            for ranked in ranking.products
        }
        products = self._lookup(verdicts, "").found
        last = ranking.products[-1] if ranking.products and ranking.has_more else None
        return Page(
            tuple(products.values()), Place(last.score, last.stored.product_id) if last is not None else None
        )

    async def listed(
        self, product_id: str, reviews: ReviewList, *, limit: int, after: ListedReview | None
    ) -> ReviewPage:
        """The reviews of a list, from behind one.

        Raises:
            NotKnownYetError: Redis is away, or its lists are being filled.
        """
        try:
            page = await self._lists.page(product_id, reviews, limit=limit, after=after)
        except StoreAwayError as error:
            self._away(error)
            raise NotKnownYetError("the store cannot be asked at the moment; ask again") from error
        if not page.progress.is_complete:
            raise NotKnownYetError(f"{_LISTING}; ask again")
        is_behind = page.progress.behind_s > self._stale_after_s
        return ReviewPage(page.total, page.reviews, page.has_more, "updates_behind" if is_behind else None)

    def _judge(self, product_id: str, held: Stored | None, progress: Progress) -> Verdict:
        before = self._answered.get(product_id)
        verdict = judge(
            held,
            before.stored if before is not None else None,
            progress,
            seconds_since_before=self._now() - before.confirmed_s if before is not None else 0.0,
            stale_after_s=self._stale_after_s,
            has_been_current=self._has_been_current,
        )
        if verdict.stored is None:
            if verdict.kind == "missing":
                self._answered.forget(product_id)
        elif verdict.is_of_redis:
            self._answered.keep(verdict.stored)
        return verdict

    def _from_memory(self, product_ids: Sequence[str]) -> Lookup:
        before = {product_id: self._answered.get(product_id) for product_id in product_ids}
        return self._lookup(
            {
                product_id: as_answered(kept.stored, "redis_away") if kept is not None else Verdict("unknown")
                for product_id, kept in before.items()
            },
            _AWAY,
        )

    def _lookup(self, verdicts: Mapping[str, Verdict], why: str) -> Lookup:
        known: dict[str, KnownProduct] = {}
        missing, unknown = [], []
        for product_id, verdict in verdicts.items():
            self._metrics.answered(verdict.kind, verdict.stale_reason)
            document = verdict.stored.document if verdict.stored is not None else None
            if verdict.kind == "found" and verdict.stored is not None and document is not None:
                known[product_id] = KnownProduct(verdict.stored, document, verdict.stale_reason)
            elif verdict.kind == "missing":
                missing.append(product_id)
            else:
                unknown.append(product_id)
        self._metrics.cached.set(len(self._answered))
        return Lookup(known, tuple(missing), tuple(unknown), f"{why}; ask again" if unknown else "")

    def _away(self, error: StoreAwayError) -> None:
        self._metrics.redis_errors.inc()
        if not self._is_away:
            log.warning("answering from memory", error=str(error))
        self._is_away = True

    def _back(self, progress: Progress) -> None:
        if self._is_away:
            log.info("answering from redis again")
        self._is_away = False
        if progress.is_complete and progress.behind_s <= self._stale_after_s:
            self._has_been_current = True
