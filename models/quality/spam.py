"""Doubts that a text is a review: advertisements, links, contacts, the same again and again."""

from models.quality.links import links
from models.quality.promotion import calls, promotion
from models.quality.reading import ReadText
from models.quality.repetition import repetition
from models.quality.values import QualityFlag, any_of

# One sure sign is enough; a weak one is not.
_LEAST_SPAM = 0.5


def spam(read: ReadText, *, has_contact: bool) -> QualityFlag | None:
    """A flag where the signs of spam together are sure enough."""
    signs = [*links(read), *promotion(read)]
    if has_contact and calls(read):
        signs.insert(0, (0.65, "gives a contact and asks to use it"))
    if repeats := repetition(read):
        signs.append((repeats, "says the same again and again"))
    if not signs:
        return None
    score = any_of(*(weight for weight, _ in signs))
    if score < _LEAST_SPAM:
        return None
    reasons = "; it ".join(dict.fromkeys(reason for _, reason in signs))
    return QualityFlag("spam", round(score, 3), f"It {reasons}.")
