"""What publishing remembers of what it sent."""

from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.publishing import Positions

places = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 40)))


@given(places.flatmap(lambda chosen: st.permutations(sorted(chosen))))
def test_positions_are_a_set_of_places(chosen: list[tuple[int, int]]) -> None:
    """In whatever order they come, all are there, once, and no others."""
    positions = Positions(chosen)
    assert sorted(positions) == sorted(chosen)
    assert len(positions) == len(chosen)
    everywhere = [(partition, offset) for partition in range(5) for offset in range(42)]
    assert {place for place in everywhere if place in positions} == set(chosen)


def test_a_million_rows_fit_in_little_memory() -> None:
    """Acknowledged in order on four partitions, beside another publisher, a million positions are some runs."""
    positions = Positions()
    for number in range(1_000_000):
        positions.add(number % 4, number // 4 + number // 100_000)  # another's record now and then
    assert len(positions) == 1_000_000
    assert positions.runs <= 44
