"""How many records may be in flight, learnt from how long they take."""

_FIRST_LIMIT = 512
_LEAST_LIMIT = 128
_LEAST_CHUNK = 32


class WorkLimit:
    """How many records may be in flight: about as many as are worked off in a given time.

    A fast model needs thousands in flight to be busy; with a slow one they would wait for minutes, and a
    rebalance with them. So the limit doubles while chunks come through in under half of the time, and halves
    when one takes longer.

    Args:
        max_records: never more.
        target_s: how long a chunk may take from the intake's hand to its acknowledgement.

    >>> limit = WorkLimit(8_192, target_s=2.0)
    >>> limit.records
    512
    >>> limit.learn(0.1, is_full=True)
    >>> limit.learn(0.1, is_full=False)
    >>> limit.records
    1024
    >>> limit.learn(2.5, is_full=True)
    >>> limit.records
    512
    """

    def __init__(self, max_records: int, *, target_s: float) -> None:
        self._max_records = max_records
        self._target_s = target_s
        self.records = min(_FIRST_LIMIT, max_records)

    def learn(self, seconds: float, *, is_full: bool) -> None:
        """A chunk took so long; `is_full` says whether more would have been in flight if the limit had let it."""
        if seconds > self._target_s:
            self.records = max(min(_LEAST_LIMIT, self._max_records), self.records // 2)
        elif seconds < self._target_s / 2 and is_full:
            self.records = min(self.records * 2, self._max_records)

    @property
    def chunk_records(self) -> int:
        """The longest chunk: four of them make the limit, so that one is delivered while others are worked on."""
        return max(_LEAST_CHUNK, self.records // 4)
