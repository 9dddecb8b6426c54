"""What waits for its time in one partition: in memory only, for the tables know it too."""

import heapq
from collections.abc import Callable, Iterable
from itertools import islice

from streams.rolling.alerts import stands
from streams.rolling.product_state import ProductState
from streams.rolling.refreshing import heat

_LEAST_COMPACTED = 1_000


class Waiting:
    """Product ids, each kept once, in the order they came.

    Attributes:
        unpublished: their published summary is older than the tables.
        alerted: an alert of theirs stands.
        swept: reviews of theirs are to be forgotten.
        revisited: reviews of theirs are to be brought to today's form.
        surveyed: the products up to this id were looked at since the tables came; None: all were.
    """

    def __init__(self) -> None:
        self.unpublished: dict[str, None] = {}
        self.alerted: dict[str, None] = {}
        self.swept: dict[str, None] = {}
        self.revisited: dict[str, None] = {}
        self.surveyed: str | None = ""
        self._due = _Queue()
        self._ageing = _Queue()

    def note(self, products: Iterable[ProductState], *, due_of: Callable[[ProductState], bool]) -> None:
        """Look at products that may have changed."""
        for product in products:
            product_id = product.product_id
            if product.is_unpublished:
                self.unpublished[product_id] = None
            if stands(product):
                self.alerted[product_id] = None
            if product.swept is not None:
                self.swept[product_id] = None
            if product.revisited is not None:
                self.revisited[product_id] = None
            if due_of(product):
                self._due.put(product_id, -heat(product))
                self._ageing.drop(product_id)
            elif product.refresh.waits_since_ms is not None and product_id not in self._ageing:
                self._ageing.put(product_id, product.refresh.waits_since_ms)

    def ripen(self, *, before_ms: int) -> None:
        """What has waited since then is due."""
        while (oldest := self._ageing.first()) is not None and oldest[0] <= before_ms:
            self._ageing.drop(oldest[1])
            self._due.put(oldest[1], 0)

    def hottest_due(self) -> str | None:
        """The product whose text is to be written anew first, as soon as the budget lets it."""
        first = self._due.first()
        return first[1] if first is not None else None

    def drop_due(self, product_id: str) -> None:
        """Its text is asked for, or need not be."""
        self._due.drop(product_id)

    def take_unpublished(self, most: int) -> list[str]:
        """Those that have waited longest."""
        taken = list(islice(self.unpublished, most))
        for product_id in taken:
            del self.unpublished[product_id]
        return taken


class _Queue:
    """Ids by a number each, the smallest first: no look at it reads them all.

    >>> queue = _Queue()
    >>> for number, name in ((2, "a"), (1, "b"), (3, "b")):
    ...     queue.put(name, number)
    >>> queue.first(), "b" in queue
    ((2, 'a'), True)
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def __contains__(self, name: str) -> bool:
        return name in self._numbers

    def put(self, name: str, number: int) -> None:
        """Put an id in, or give it another number."""
        if self._numbers.get(name) == number:
            return
        self._numbers[name] = number
        heapq.heappush(self._heap, (number, name))
        if len(self._heap) > 4 * len(self._numbers) + _LEAST_COMPACTED:
            self._heap = [(known, waiting) for waiting, known in self._numbers.items()]
            heapq.heapify(self._heap)

    def drop(self, name: str) -> None:
        """Take an id out, if it is in."""
        self._numbers.pop(name, None)

    def first(self) -> tuple[int, str] | None:
        """The smallest number and its id."""
        while self._heap and self._numbers.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None
