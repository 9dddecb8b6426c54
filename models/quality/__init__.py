"""The quality of a review: doubts about it, such as spam, nothing said, offensive words. None of them drops it."""

from models.quality.flags import text_flags
from models.quality.incentives import incentivised
from models.quality.ratings import rating_mismatch
from models.quality.values import FlagKind, QualityFlag

__all__ = ["FlagKind", "QualityFlag", "incentivised", "rating_mismatch", "text_flags"]
