import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.lane.planning import next_batch, plan_batches

lengths_lists = st.lists(st.integers(1, 400), max_size=60)
budgets = st.integers(1, 500)
row_limits = st.integers(1, 20)


def padded_tokens(lengths: list[int], plan: list[list[int]]) -> int:
    """What a padded model computes for a plan."""
    return sum(max(lengths[index] for index in batch) * len(batch) for batch in plan)


@given(lengths_lists, budgets, row_limits, st.booleans())
def test_every_review_is_in_exactly_one_batch(
    lengths: list[int], max_tokens: int, max_reviews: int, is_padded: bool
) -> None:
    """No review is forgotten, none is run twice, and no batch is empty."""
    plan = plan_batches(lengths, max_tokens=max_tokens, max_reviews=max_reviews, is_padded=is_padded)
    assert sorted(index for batch in plan for index in batch) == list(range(len(lengths)))
    assert all(plan)


@given(lengths_lists, budgets, row_limits, st.booleans())
def test_budgets_hold_unless_a_review_is_alone(
    lengths: list[int], max_tokens: int, max_reviews: int, is_padded: bool
) -> None:
    """A batch stays within the tokens and the rows; only a review longer than the budget goes over, alone."""
    for batch in plan_batches(lengths, max_tokens=max_tokens, max_reviews=max_reviews, is_padded=is_padded):
        of_batch = [lengths[index] for index in batch]
        cost = max(of_batch) * len(of_batch) if is_padded else sum(of_batch)
        assert len(batch) <= max_reviews
        assert cost <= max_tokens or len(batch) == 1


@given(lengths_lists, budgets, row_limits)
def test_packed_batches_keep_the_order_of_arrival(
    lengths: list[int], max_tokens: int, max_reviews: int
) -> None:
    """A packed model gains nothing from sorting, so whoever came first is answered first."""
    plan = plan_batches(lengths, max_tokens=max_tokens, max_reviews=max_reviews, is_padded=False)
    assert [index for batch in plan for index in batch] == list(range(len(lengths)))


@given(lengths_lists, budgets, row_limits, st.booleans())
def test_a_batch_ends_only_where_the_next_review_does_not_fit(
    lengths: list[int], max_tokens: int, max_reviews: int, is_padded: bool
) -> None:
    """Budgets are used up: two neighbouring batches never fit into one."""
    plan = plan_batches(lengths, max_tokens=max_tokens, max_reviews=max_reviews, is_padded=is_padded)
    for batch, following in pairwise(plan):
        grown = [lengths[index] for index in (*batch, following[0])]
        cost = max(grown) * len(grown) if is_padded else sum(grown)
        assert cost > max_tokens or len(grown) > max_reviews


@given(st.permutations(range(1, 9)), budgets, row_limits, st.data())
def test_sorting_a_padded_plan_never_needs_more_forward_passes(
    order: list[int], max_tokens: int, max_reviews: int, data: st.DataObject
) -> None:
    """However reviews are grouped under the budgets, by arrival or otherwise, sorted they need no more batches."""
    lengths = [length * 20 for length in order]
    plan = plan_batches(lengths, max_tokens=max_tokens, max_reviews=max_reviews, is_padded=True)
    other: list[list[int]] = [[]]
    for index in data.draw(st.permutations(range(len(lengths)))):
        grown = [*other[-1], index]
        cost = padded_tokens(lengths, [grown])
        if other[-1] and (cost > max_tokens or len(grown) > max_reviews):
            other.append([index])
        else:
            other[-1] = grown
    assert len(plan) <= len(other)


def test_sorting_saves_padding_on_lengths_as_reviews_have_them() -> None:
    """On mixed lengths a sorted plan pads at most a tenth; in the order of arrival padding would double it."""
    draw = random.Random(7)
    lengths = [min(512, 8 + int(draw.expovariate(1 / 65))) for _ in range(1_000)]
    plan = plan_batches(lengths, max_tokens=1_024, max_reviews=256, is_padded=True)
    arriving = [list(range(start, start + 8)) for start in range(0, 1_000, 8)]
    assert padded_tokens(lengths, plan) < 1.1 * sum(lengths)
    assert padded_tokens(lengths, arriving) > 2 * sum(lengths)


def test_no_reviews_are_no_batches() -> None:
    """An empty window plans nothing."""
    assert plan_batches([], max_tokens=10, max_reviews=10, is_padded=True) == []


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=40),
    st.integers(1, 500),
    st.integers(1, 10),
    st.booleans(),
)
def test_the_next_batch_holds_whoever_has_waited_longest(
    lengths: list[int], max_tokens: int, max_reviews: int, is_padded: bool
) -> None:
    """It is one batch of the plan over all that waits, so it fits the budget, and nobody starves."""
    batch = next_batch(lengths, max_tokens=max_tokens, max_reviews=max_reviews, is_padded=is_padded)
    plan = plan_batches(lengths, max_tokens=max_tokens, max_reviews=max_reviews, is_padded=is_padded)
    assert 0 in batch
    assert batch in plan
