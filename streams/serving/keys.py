"""The names of everything that is kept in Redis."""

from dataclasses import dataclass
from typing import get_args

from schemas.serving import SortKey

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
