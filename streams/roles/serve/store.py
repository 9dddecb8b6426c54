"""Redis as the store of summaries: what is written and read, each in one atomic step."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import get_args

from redis.asyncio import Redis

from schemas.serving import SortKey, SortOrder
from streams.roles.serve import lua_scripts
from streams.roles.serve.progress import RankedProduct, Ranking, Reading
from streams.roles.serve.records import Change
from streams.roles.serve.redis_store import Applied, Batch, RedisStore, StoreKeys, open_redis, progress_of
from streams.settings import Settings
from streams.web.catalogue import Place, Stored

SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)


@dataclass(frozen=True, slots=True)
class Keys(StoreKeys):
    """The keys of summaries below one prefix.

    >>> Keys("shop:").product("lamp-201"), Keys("shop:").offsets
    ('shop:product:lamp-201', 'shop:offsets')
    """

    def product(self, product_id: str) -> str:
        """The hash of a product: epoch, partition, offset, timestamp, and doc unless it is gone."""
        return f"{self.products}{product_id}"

    @property
    def products(self) -> str:
        """What the keys of all products begin with."""
        return f"{self.prefix}product:"

    def index(self, sort: SortKey) -> str:
        """A sorted set of product ids."""
        return f"{self.prefix}by:{sort}"

    @property
    def shared(self) -> tuple[str, ...]:
        """See `StoreKeys`; the indexes follow."""
        return (self.offsets, self.ends, self.epoch, *map(self.index, SORT_KEYS))


class ProductStore(RedisStore):
    """The summaries in Redis, below one prefix; see `RedisStore`."""

    def __init__(self, redis: "Redis", prefix: str) -> None:
        self._keys = Keys(prefix)
        super().__init__(redis, self._keys, contents=self._keys.products, sweep=lua_scripts.SWEEP)
        self._apply = redis.register_script(lua_scripts.APPLY)
        self._read = redis.register_script(lua_scripts.READ)
        self._page = redis.register_script(lua_scripts.PAGE)

    async def apply(self, batch: Batch[Change]) -> Applied:
        """Write what is newer than what is there, and move the partition's position, at once."""
        products = [self._keys.product(change.product_id) for change in batch.changes]
        arguments = batch.arguments
        for change in batch.changes:
            arguments += (change.product_id, change.offset, change.timestamp_ms, change.document or b"")
            arguments += ("" if score is None else score for score in change.scores)
        answer = await self._run(self._apply, products, arguments)
        return Applied(bool(answer[0]), *answer[1:])

    async def read(self, product_ids: Sequence[str]) -> Reading:
        """What is held of some products: newest records, tombstones, and leftovers of an earlier filling."""
        keys = [self._keys.product(product_id) for product_id in product_ids]
        *head, held = await self._run(self._read, keys)
        pairs = zip(product_ids, held, strict=True)
        products = {product_id: _stored(product_id, fields) for product_id, fields in pairs if fields[0]}
        return Reading(progress_of(head), products)

    async def page(self, sort: SortKey, order: SortOrder, *, limit: int, after: Place | None) -> Ranking:
        """Products in order, from behind a place."""
        place = (after.score, after.product_id) if after is not None else ()
        index = [self._keys.index(sort)]
        *head, held, more = await self._run(self._page, index, [self._keys.products, order, limit, *place])
        products = tuple(
            RankedProduct(_stored(product_id.decode(), fields), score.decode())
            for product_id, score, *fields in held
            if fields[0]
        )
        return Ranking(progress_of(head), products, bool(more))


@contextlib.asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[ProductStore]:
    """The store that the settings name. Nothing is asked yet: Redis may be away.

    Raises:
        ConfigurationError: none is named, or the URL is none.
    """
    async with open_redis(settings) as redis:
        yield ProductStore(redis, settings.serving.key_prefix)


def _stored(product_id: str, fields: Sequence[bytes | None]) -> Stored:
    epoch, partition, offset, document = fields
    return Stored(product_id, (epoch or b"").decode(), int(partition or 0), int(offset or 0), document)
