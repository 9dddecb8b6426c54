import pytest

from streams.delivery.probe import BrokerAbilities, choose_guarantee
from streams.errors import FatalError
from streams.settings import DeliveryGuarantee

ABLE = BrokerAbilities(has_transactions=True)
UNABLE = BrokerAbilities(has_transactions=False, why_not="a committed transaction left no offset")
AUTO, EXACTLY, AT_LEAST = (
    DeliveryGuarantee.AUTO,
    DeliveryGuarantee.EXACTLY_ONCE,
    DeliveryGuarantee.AT_LEAST_ONCE,
)


@pytest.mark.parametrize(
    ("wanted", "abilities", "chosen"),
    [
        (AUTO, ABLE, EXACTLY),
        (AUTO, UNABLE, AT_LEAST),
        (EXACTLY, ABLE, EXACTLY),
        (AT_LEAST, ABLE, AT_LEAST),
        (AT_LEAST, UNABLE, AT_LEAST),
    ],
)
def test_the_guarantee_is_what_was_asked_for_or_the_best_there_is(
    wanted: DeliveryGuarantee, abilities: BrokerAbilities, chosen: DeliveryGuarantee
) -> None:
    """`auto` takes the best the broker can; anything else is taken at its word."""
    assert choose_guarantee(wanted, abilities) is chosen


def test_exactly_once_is_never_weakened_in_silence() -> None:
    """A worker that cannot keep the promise asked of it does not start, and says why and what to do."""
    with pytest.raises(FatalError, match=r"left no offset.*REVIEWSTREAM_DELIVERY=at_least_once"):
        choose_guarantee(EXACTLY, UNABLE)
