"""Is a product being reviewed unlike before? Pure statistics of product alerts: no clock, no broker, no model.

shares    what is believed of a share after counting reviews: the beta-binomial, exact for small counts
finding   a surge in the latest reviews against all earlier ones
ending    when an alert is over, and when the next one may be raised
"""

from streams.rolling.surges.ending import DAY_MS, AlertState, Recovery, look, raised, resolved, reviews_a_week
from streams.rolling.surges.finding import (
    ASPECT,
    LOOKALIKE,
    NEGATIVE,
    ONE_STAR,
    SAFETY,
    Surge,
    SurgeLimits,
    find_surge,
)

__all__ = [
    "ASPECT",
    "DAY_MS",
    "LOOKALIKE",
    "NEGATIVE",
    "ONE_STAR",
    "SAFETY",
    "AlertState",
    "Recovery",
    "Surge",
    "SurgeLimits",
    "find_surge",
    "look",
    "raised",
    "resolved",
    "reviews_a_week",
]
