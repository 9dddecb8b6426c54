"""Mask what identifies a person in a review: addresses of mail and home, numbers of phones, cards and documents."""

from models.personal_data.masking import mask_personal_data
from models.personal_data.values import PLACEHOLDERS, Mask, MaskedText, MaskKind

__all__ = ["PLACEHOLDERS", "Mask", "MaskKind", "MaskedText", "mask_personal_data"]
