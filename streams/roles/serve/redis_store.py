"""Redis as a store of a topic: how far it is, kept with what is in it, and what every store can do."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from streams.errors import ConfigurationError, RetryableError
from streams.roles.serve import lua_scripts
from streams.roles.serve.progress import Progress
from streams.settings import Settings

_CONNECTIONS = 64
_SCANNED_AT_ONCE = 500
Argument = str | int | float | bytes
ChangeT_co = TypeVar("ChangeT_co", covariant=True)
ChangeT_contra = TypeVar("ChangeT_contra", contravariant=True)


class StoreAwayError(RetryableError):
    """Redis does not answer, or refuses; nothing was lost, for the position is in Redis itself."""


@dataclass(frozen=True, slots=True)
class Batch(Generic[ChangeT_co]):
    """Records of one partition that follow each other.

    Attributes:
        begins_at: the offset from which on they were read; Redis must hold all before it.
        next_offset: where to read on after them.
        changes: what they change, each key once.
        partitions: how many the topic has.
        ms_since_end: how long ago `next_offset` was the partition's end; None if it was not.
    """

    partition: int
    begins_at: int
    next_offset: int
    changes: Sequence[ChangeT_co]
    partitions: int
    ms_since_end: int | None = None

    @property
    def arguments(self) -> list[Argument]:
        """What `lua_scripts.ADVANCE` wants to know of it."""
        since_end = "" if self.ms_since_end is None else self.ms_since_end
        return [self.partition, self.begins_at, self.next_offset, self.partitions, since_end]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a batch.

    Attributes:
        is_accepted: False if Redis does not hold what comes before the batch; nothing was written then.
        next_offset: where Redis wants to be read on, whoever brought it there.
        written: how many changes were written; the others were there already, as new or newer.
    """

    is_accepted: bool
    next_offset: int
    written: int = 0


class TopicStore(Protocol[ChangeT_contra]):
    """What keeps a store equal to its topic needs of it; every method raises StoreAwayError."""

    async def apply(self, batch: Batch[ChangeT_contra]) -> Applied:
        """Write what is newer than what is there, and move the partition's position, at once."""
        ...

    async def progress(self) -> Progress:
        """How far the store is."""
        ...

    async def begin_again(self, epoch: str) -> bool:
        """Forget positions and indexes, so that everything is read from the beginning."""
        ...

    async def sweep(self) -> int:
        """Remove the leftovers of earlier fillings."""
        ...


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """The keys of a store below one prefix.

    >>> StoreKeys("shop:").offsets
    'shop:offsets'
    """

    prefix: str

    @property
    def offsets(self) -> str:
        """A hash: the next offset of the topic that is to be read, by partition."""
        return f"{self.prefix}offsets"

    @property
    def ends(self) -> str:
        """A hash: when the end of a partition was last known to be reached, in ms; and `partitions`, their number."""
        return f"{self.prefix}ends"

    @property
    def epoch(self) -> str:
        """When this filling of the store began, in microseconds since 1970 by Redis' clock."""
        return f"{self.prefix}epoch"

    @property
    def shared(self) -> tuple[str, ...]:
        """What every script gets first, in this order; what follows these three goes when a filling begins."""
        return (self.offsets, self.ends, self.epoch)


class RedisStore:
    """What a topic holds, in Redis below one prefix.

    Args:
        redis: the connection.
        keys: of the store.
        contents: what the keys begin with that `sweep` looks at.
        sweep: the script that removes those of them which are leftovers.

    Raises:
        StoreAwayError: from every method, when Redis does not answer.
    """

    def __init__(self, redis: "Redis", keys: StoreKeys, *, contents: str, sweep: str) -> None:
        self._redis = redis
        self._store_keys = keys
        self._contents = contents
        self._progress = redis.register_script(lua_scripts.PROGRESS)
        self._begin = redis.register_script(lua_scripts.BEGIN)
        self._sweep = redis.register_script(sweep)

    async def progress(self) -> Progress:
        """How far the store is."""
        return progress_of(await self._run(self._progress))

    async def begin_again(self, epoch: str) -> bool:
        """Forget positions and indexes, so that everything is read from the beginning; the rest becomes leftovers.

        Args:
            epoch: of the filling that is to end.

        Returns:
            False if another one has begun by now; nothing is forgotten then.
        """
        return bool(await self._run(self._begin, (), [epoch]))

    async def sweep(self) -> int:
        """Remove the leftovers of earlier fillings, and return how many there were."""
        removed = 0
        pattern = _escaped(self._contents) + "*"
        cursor = 0
        while True:
            with _explained():
                cursor, keys = await self._redis.scan(cursor, match=pattern, count=_SCANNED_AT_ONCE)
            if keys:
                removed += await self._run(self._sweep, keys, [self._contents])
            if cursor == 0:
                return removed

    async def _run(
        self, script: AsyncScript, keys: Sequence[str | bytes] = (), arguments: Sequence[Argument] = ()
    ) -> Any:
        """What Redis makes of a script; `lua_scripts` says what each returns."""
        with _explained():
            return await script(keys=[*self._store_keys.shared, *keys], args=arguments)


@contextlib.asynccontextmanager
async def open_redis(settings: Settings) -> "AsyncIterator[Redis]":
    """The Redis that the settings name. Nothing is asked yet: it may be away.

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
        yield redis
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


def progress_of(head: Sequence[Any]) -> Progress:
    """What `lua_scripts.PROGRESS` returns."""
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


def _escaped(text: str) -> str:
    r"""A text as a pattern of SCAN that matches only itself.

    >>> _escaped("{a}[b]*")
    '{a}\\[b\\]\\*'
    """
    return "".join(f"\\{character}" if character in "*?[]^-\\" else character for character in text)
