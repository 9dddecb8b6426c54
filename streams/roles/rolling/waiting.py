"""What waits for its time in one partition: in memory only, for the tables know it too."""

from collections.abc import Callable, Iterable
from itertools import islice

from streams.rolling.alerts import stands
from streams.rolling.product_state import ProductState
from streams.rolling.refreshing import heat


class Waiting:
    """Product ids, each kept once, in the order they came.

    Attributes:
        unpublished: their published summary is older than the tables.
        due: their text is to be written anew as soon as the budget lets it; how hot they are.
        alerted: an alert of theirs stands.
        ageing: since when, in milliseconds, something new waits that is not much.
    """

    def __init__(self) -> None:
        self.unpublished: dict[str, None] = {}
        self.due: dict[str, int] = {}
        self.ageing: dict[str, int] = {}
        self.alerted: dict[str, None] = {}

    def note(self, products: Iterable[ProductState], *, due_of: Callable[[ProductState], bool]) -> None:
        """Look at products that may have changed."""
        for product in products:
            product_id = product.product_id
            if product.is_unpublished:
                self.unpublished[product_id] = None
            if stands(product):
                self.alerted[product_id] = None
            if due_of(product):
                self.due[product_id] = heat(product)
                self.ageing.pop(product_id, None)
            elif product.refresh.waits_since_ms is not None:
                self.ageing.setdefault(product_id, product.refresh.waits_since_ms)

    def ripen(self, *, before_ms: int) -> None:
        """What has waited since then is due."""
        for product_id in [one for one, since_ms in self.ageing.items() if since_ms <= before_ms]:
            del self.ageing[product_id]
            self.due[product_id] = 0

    def take_unpublished(self, most: int) -> list[str]:
        """Those that have waited longest."""
        taken = list(islice(self.unpublished, most))
        for product_id in taken:
            del self.unpublished[product_id]
        return taken
