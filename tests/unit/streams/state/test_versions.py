"""Kept values say which form they are of: what older code wrote is read, what newer code wrote is refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rolling.product_state import Contribution, Counts, ProductState, ReviewState
from streams.rolling_state import PRODUCT_CODEC, REVIEW_CODEC
from streams.state.versions import NewerStateError, VersionedCodec


class Shelf(msgspec.Struct, array_like=True):
    """What is kept today: the items, and how often each was looked at."""

    items: list[str]
    views: dict[str, int] = msgspec.field(default_factory=dict)


class ShelfOfOnce(msgspec.Struct, array_like=True):
    """What was kept once: items in one string."""

    items: str


def _of_once(body: memoryview) -> Shelf:
    return Shelf(msgspec.msgpack.decode(body, type=ShelfOfOnce).items.split(","))


CODEC = VersionedCodec(Shelf, version=2, readers={0: _of_once, 1: msgspec.msgpack.Decoder(Shelf).decode})


@given(st.lists(st.text()), st.dictionaries(st.text(), st.integers(0, 2**40)))
def test_what_is_kept_comes_back(items: list[str], views: dict[str, int]) -> None:
    """Encoded and decoded, with the version as the first byte."""
    kept = CODEC.encode(Shelf(items, views))
    assert kept[0] == 2
    assert CODEC.decode(kept) == Shelf(items, views)


def test_every_older_form_is_read() -> None:
    """Bytes of before there were versions, and of a version before this one."""
    assert CODEC.decode(msgspec.msgpack.encode(ShelfOfOnce("lamp,shade"))) == Shelf(["lamp", "shade"])
    assert CODEC.decode(b"\x01" + msgspec.msgpack.encode(Shelf(["lamp"]))) == Shelf(["lamp"])


def test_a_newer_form_is_refused_with_what_to_do() -> None:
    """Nothing is guessed: the error names the kind, both versions, and what to run."""
    with pytest.raises(NewerStateError, match=r"wanted Shelf of version 2 or older, got version 3.*newer"):
        CODEC.decode(b"\x03" + msgspec.msgpack.encode(Shelf([])))


def test_the_rolling_tables_of_before_there_were_versions_are_read() -> None:
    """Bare MessagePack arrays, and in them aspects by their earlier names."""
    product = ProductState("lamp", applied=7, title="Lamp")
    contribution = Contribution(5, 3, 400, 2, True, False, "en", (("quality", 2),), (), None, "Bright.")
    review = ReviewState(3, 1, contribution, 7)
    coffee = ProductState("coffee", counts=Counts(reviews=1, aspects={"food": [0, 0, 1]}))
    upgraded = PRODUCT_CODEC.decode(msgspec.msgpack.encode(coffee))
    assert upgraded.counts.aspects == {"taste_and_smell": [0, 0, 1]}
    assert PRODUCT_CODEC.decode(PRODUCT_CODEC.encode(upgraded)) == upgraded
    # From before there were lists of reviews, which is noted.
    assert PRODUCT_CODEC.decode(msgspec.msgpack.encode(product)) == msgspec.structs.replace(
        product, is_unlisted=True
    )
    assert REVIEW_CODEC.decode(msgspec.msgpack.encode(review)) == review
