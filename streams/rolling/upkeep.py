"""What is done to a product's reviews between events, so many at a time, for there may be many of them."""

from itertools import islice

from streams.rolling import aspect_days, counters
from streams.rolling.point_makers import unlist
from streams.rolling.product_state import Contribution, ProductState, ReviewState
from streams.rolling.tables import Tables


def sweep(tables: Tables, product: ProductState, most: int) -> bool:
    """Forget so many at most of the reviews that went with the product: `swept` says where they go on.

    Returns:
        Whether that was all of them.
    """
    if product.swept is None:
        return True
    known = list(islice(tables.reviews_of(product.product_id, product.swept), most))
    for review_id, state in known:
        if state.era < product.era:
            unlist(tables, product, review_id, state)
            tables.put_review(product.product_id, review_id, None)
    product.swept = known[-1][0] if len(known) == most else None
    tables.touch(product)
    return product.swept is None


def revisit(tables: Tables, product: ProductState, most: int) -> bool:
    """Bring so many at most of the reviews that an earlier version counted to today's form: `revisited` says how far.

    They are counted by aspect and day. What stands under one name since aspects were renamed, and was
    counted under two, is counted once.

    Returns:
        Whether that was all of them.
    """
    if product.revisited is None:
        return True
    known = list(islice(tables.reviews_of(product.product_id, product.revisited), most))
    for review_id, state in known:
        if state.contribution is not None and state.era == product.era:
            _count_opinions_once(tables, product, review_id, state, state.contribution)
            aspect_days.add(product, state.contribution)
    product.revisited = known[-1][0] if len(known) == most else None
    product.is_unpublished = product.is_unpublished or product.revisited is None
    tables.touch(product)
    return product.revisited is None


def _count_opinions_once(
    tables: Tables, product: ProductState, review_id: str, state: ReviewState, contribution: Contribution
) -> None:
    once = tuple(dict.fromkeys(contribution.opinions))
    if len(once) < len(contribution.opinions):
        counters.retract(product, contribution)
        contribution.opinions = once
        counters.add(product, contribution)
        tables.put_review(product.product_id, review_id, state)
