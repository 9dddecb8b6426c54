"""Doubts about ratings: stars against words."""

from models.quality.values import QualityFlag


def rating_mismatch(
    rating: float | None, *, negative: float, neutral: float, positive: float
) -> QualityFlag | None:
    """A flag where the stars praise and the words complain, or the other way round.

    Stars near the middle contradict nothing. A good rating with one complaint is common, so 4 and 2 stars take a
    surer text than 5 and 1, and score less.

    Args:
        rating: 0 to 5; None where there is none.
        negative: probability that the text is.
        neutral: the same; a neutral text contradicts no rating.
        positive: the same.

    >>> rating_mismatch(5, negative=0.96, neutral=0.03, positive=0.01).score
    0.96
    >>> rating_mismatch(5, negative=0.30, neutral=0.60, positive=0.10) is None
    True
    >>> rating_mismatch(3, negative=1.0, neutral=0.0, positive=0.0) is None
    True
    """
    if rating is None or not (rating <= 2 or rating >= 4):
        return None
    opposite = negative if rating >= 4 else positive
    is_extreme = rating <= 1.5 or rating >= 4.5
    if not (opposite >= (0.75 if is_extreme else 0.9) and opposite > neutral):
        return None
    stars, words = ("high", "negative") if rating >= 4 else ("low", "positive")
    return QualityFlag(
        "rating_mismatch",
        min(1.0, opposite if is_extreme else 0.6 * opposite),
        f"The rating is {stars}, but the text is {words}.",
    )
