"""Redis as the store of summaries: what is written and read, each in one atomic step."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from schemas.serving import SortKey, SortOrder
from streams.errors import ConfigurationError, RetryableError
from streams.roles.serve import lua_scripts
from streams.roles.serve.progress import Progress, RankedProduct, Ranking, Reading
from streams.roles.serve.records import Change
from streams.settings import Settings
from streams.web.catalogue import Place, Stored

_CONNECTIONS = 64
_SCANNED_AT_ONCE = 500
_Argument = str | int | float | bytes


SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys below one prefix.

    >>> Keys("shop:").product("lamp-201"), Keys("shop:").offsets
    ('shop:product:lamp-201', 'shop:offsets')
    """

    prefix: str

    def product(self, product_id: str) -> str:
        """The hash of a product: epoch, partition, offset, timestamp, and doc unless it is gone."""
        return f"{self.products}{product_id}"

    @property
    def products(self) -> str:
        """What the keys of all products begin with."""
        return f"{self.prefix}product:"

    @property
    def offsets(self) -> str:
        """A hash: the next offset of product-summary that is to be read, by partition."""
        return f"{self.prefix}offsets"

    @property
    def ends(self) -> str:
        """A hash: when the end of a partition was last known to be reached, in ms; and `partitions`, their number."""
        return f"{self.prefix}ends"

    @property
    def epoch(self) -> str:
        """When this filling of the store began, in microseconds since 1970 by Redis' clock."""
        return f"{self.prefix}epoch"

    def index(self, sort: SortKey) -> str:
        """A sorted set of product ids."""
        return f"{self.prefix}by:{sort}"

    @property
    def shared(self) -> tuple[str, ...]:
        """What every script gets first, in this order."""
        return (self.offsets, self.ends, self.epoch, *map(self.index, SORT_KEYS))


class StoreAwayError(RetryableError):
    """Redis does not answer, or refuses; nothing was lost, for the position is in Redis itself."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition that follow each other.

    Attributes:
        begins_at: the offset from which on they were read; Redis must hold all before it.
        next_offset: where to read on after them.
        partitions: how many the topic has.
        ms_since_end: how long ago `next_offset` was the partition's end; None if it was not.
    """

    partition: int
    begins_at: int
    next_offset: int
    changes: Sequence[Change]
    partitions: int
    ms_since_end: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a batch.

    Attributes:
        is_accepted: False if Redis does not hold what comes before the batch; nothing was written then.
        next_offset: where Redis wants to be read on, whoever brought it there.
        written: how many products were written; the others were there already, as new or newer.
    """

    is_accepted: bool
    next_offset: int
    written: int = 0


class ProductStore:
    """The summaries in Redis, below one prefix.

    Raises:
        StoreAwayError: from every method, when Redis does not answer.
    """

    def __init__(self, redis: "Redis", prefix: str) -> None:
        self._redis = redis
        self._keys = Keys(prefix)
        self._apply = redis.register_script(lua_scripts.APPLY)
        self._progress = redis.register_script(lua_scripts.PROGRESS)
        self._read = redis.register_script(lua_scripts.READ)
        self._page = redis.register_script(lua_scripts.PAGE)
        self._begin = redis.register_script(lua_scripts.BEGIN)
        self._sweep = redis.register_script(lua_scripts.SWEEP)

    async def apply(self, batch: Batch) -> Applied:
        """Write what is newer than what is there, and move the partition's position, at once."""
        products = [self._keys.product(change.product_id) for change in batch.changes]
        since_end = "" if batch.ms_since_end is None else batch.ms_since_end
        arguments: list[_Argument] = [
            batch.partition, batch.begins_at, batch.next_offset, batch.partitions, since_end
        ]  # fmt: skip
        for change in batch.changes:
            arguments += (change.product_id, change.offset, change.timestamp_ms, change.document or b"")
            arguments += ("" if score is None else score for score in change.scores)
        answer = await self._run(self._apply, products, arguments)
        return Applied(bool(answer[0]), *answer[1:])

    async def progress(self) -> Progress:
        """How far the store is."""
        return _progress(await self._run(self._progress))

    async def read(self, product_ids: Sequence[str]) -> Reading:
        """What is held of some products: newest records, tombstones, and leftovers of an earlier filling."""
        keys = [self._keys.product(product_id) for product_id in product_ids]
        *head, held = await self._run(self._read, keys)
        pairs = zip(product_ids, held, strict=True)
        products = {product_id: _stored(product_id, fields) for product_id, fields in pairs if fields[0]}
        return Reading(_progress(head), products)

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
        return Ranking(_progress(head), products, bool(more))

    async def begin_again(self, epoch: str) -> bool:
        """Forget positions and indexes, so that everything is read from the beginning; products become leftovers.

        Args:
            epoch: of the filling that is to end.

        Returns:
            False if another one has begun by now; nothing is forgotten then.
        """
        return bool(await self._run(self._begin, (), [epoch]))

    async def sweep(self) -> int:
        """Remove the leftovers of earlier fillings, and return how many there were."""
        removed = 0
        pattern = _escaped(self._keys.products) + "*"
        cursor = 0
        while True:
            with _explained():
                cursor, keys = await self._redis.scan(cursor, match=pattern, count=_SCANNED_AT_ONCE)
            if keys:
                removed += await self._run(self._sweep, keys)
            if cursor == 0:
                return removed

    async def _run(
        self, script: AsyncScript, keys: Sequence[str | bytes] = (), arguments: Sequence[_Argument] = ()
    ) -> Any:
        """What Redis makes of a script; `scripts` says what each returns."""
        with _explained():
            return await script(keys=[*self._keys.shared, *keys], args=arguments)


@contextlib.asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[ProductStore]:
    """The store that the settings name. Nothing is asked yet: Redis may be away.

    Raises:
        ConfigurationError: none is named, or the URL is none.
    """
    if settings.redis.url is None:
        raise ConfigurationError(
            "redis: none is configured; set REVIEWSTREAM_REDIS__URL=redis://host:6379/0, "
            "or use `reviewstream up` or `demo`, which start an embedded one"
        )
    timeout_s = settings.serving.redis_timeout_s
    try:
        pool = BlockingConnectionPool.from_url(
            settings.redis.url.get_secret_value(),
            max_connections=_CONNECTIONS,
            timeout=timeout_s,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            # Once, at once: the pool may hold a connection that a restarted Redis no longer knows.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        )
    except ValueError:
        # Whatever it says may repeat a part of the URL, and with it the password.
        raise ConfigurationError(
            "redis: an option in REVIEWSTREAM_REDIS__URL cannot be read; behind the host stands /NUMBER of the database"
        ) from None
    redis = Redis(connection_pool=pool)
    try:
        yield ProductStore(redis, settings.serving.key_prefix)
    finally:
        await redis.aclose()
        await pool.disconnect()


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:  # a TimeoutError is an OSError
        got = " ".join(str(error).split())[:200] or type(error).__name__
        raise StoreAwayError(
            f"redis: wanted an answer, got {got}; check REVIEWSTREAM_REDIS__URL, and that it runs"
        ) from error


def _progress(head: Sequence[Any]) -> Progress:  # what PROGRESS returns
    now_ms, epoch, offsets, ends = head
    by_field = {field.decode(): int(value) for field, value in _pairs(ends)}
    partitions = by_field.pop("partitions", None)
    return Progress(
        epoch=epoch.decode() if epoch else "",
        age_s=max(0.0, now_ms / 1e3 - int(epoch) / 1e6) if epoch else 0.0,
        offsets={int(partition): int(offset) for partition, offset in _pairs(offsets)},
        seconds_since_end={int(number): max(0, now_ms - at_ms) / 1e3 for number, at_ms in by_field.items()},
        partitions=partitions,
    )


def _pairs(flat: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _stored(product_id: str, fields: Sequence[bytes | None]) -> Stored:
    epoch, partition, offset, document = fields
    return Stored(product_id, (epoch or b"").decode(), int(partition or 0), int(offset or 0), document)


def _escaped(text: str) -> str:
    r"""A text as a pattern of SCAN that matches only itself.

    >>> _escaped("{a}[b]*")
    '{a}\\[b\\]\\*'
    """
    return "".join(f"\\{character}" if character in "*?[]^-\\" else character for character in text)
