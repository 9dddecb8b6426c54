"""What the document on texts says comes out does come out."""

import re

import pytest

from models.personal_data import PLACEHOLDERS, mask_personal_data
from models.text.cleaning import clean
from tests.unit.documents import rows, text_of

_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|n)")


def _written(cell: str) -> str:
    return _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else "\n", cell)


@pytest.mark.parametrize(("came", "comes_out"), rows("docs/texts.md", "cleaned"))
def test_a_cleaned_text_is_as_documented(came: str, comes_out: str) -> None:
    """Each row of the table."""
    assert clean(_written(came)).text == _written(comes_out)


@pytest.mark.parametrize(("came", "comes_out"), rows("docs/texts.md", "masked"))
def test_a_masked_text_is_as_documented(came: str, comes_out: str) -> None:
    """Each row of the table."""
    assert mask_personal_data(came, "en").text == comes_out


def test_every_placeholder_is_documented() -> None:
    """With what it stands for."""
    assert all(f"`{placeholder}`" in text_of("docs/texts.md") for placeholder in PLACEHOLDERS.values())
