"""Loads what masks personal data, identifies languages and flags, as configured."""

from streams.roles.enrich.readers import Preparer
from streams.settings import Settings


def load_preparer(settings: Settings) -> Preparer:
    """What prepares reviews; reads its tables, which takes a moment."""
    from models.readers.preparation import ReviewPreparer  # noqa: PLC0415 - reads its tables

    return ReviewPreparer(
        masks_personal_data=settings.privacy.mask_personal_data, languages=settings.model.languages
    )
