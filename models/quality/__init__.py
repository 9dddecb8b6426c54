"""Doubts about a review: spam, nothing said, offensive words, stars against words. None of them drops it."""

from models.quality.flags import text_flags
from models.quality.ratings import rating_mismatch
from models.quality.values import FlagKind, QualityFlag

__all__ = ["FlagKind", "QualityFlag", "rating_mismatch", "text_flags"]
