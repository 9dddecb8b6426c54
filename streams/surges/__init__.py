"""Is a product being reviewed unlike before? Pure statistics of product alerts: no clock, no broker, no model.

shares    what is believed of a share after counting reviews: the beta-binomial, exact for small counts
finding   a surge in the latest reviews against all earlier ones
alerting  when an alert is over, and when the next one may be raised
"""

from streams.surges.alerting import AlertState, Recovery, look, raised, resolved, reviews_a_week
from streams.surges.finding import ASPECT, LOOKALIKE, NEGATIVE, Surge, SurgeLimits, find_surge

__all__ = [
    "ASPECT",
    "LOOKALIKE",
    "NEGATIVE",
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
