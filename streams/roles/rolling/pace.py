"""Work on the event loop in short turns, so that nothing else waits long for it."""

import asyncio
from collections.abc import Callable

from streams.errors import LeaseLostError

#: One turn, in the work of applying a review: 0.1 ms each, up to 1 ms for one that goes.
TURN = 20.0
#: What else is done, in the same measure.
LOOK, SUMMARY, CHANGE = 0.3, 5.0, 0.3


class Pace:
    """Lets others have the event loop after each turn of work.

    Args:
        is_held: whether the tables that are worked on are still ours: they may go while others have their turn.
    """

    def __init__(self, is_held: Callable[[], bool]) -> None:
        self._is_held = is_held
        self._spent = 0.0

    async def spend(self, work: float = 1.0) -> None:
        """Say that so much was done.

        Raises:
            LeaseLostError: the tables went meanwhile; what was done is dropped with them.
        """
        self._spent += work
        if self._spent >= TURN:
            self._spent = 0.0
            await asyncio.sleep(0)
            if not self._is_held():
                raise LeaseLostError("the tables went to another worker, or are restored")
