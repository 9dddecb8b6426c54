"""Puts placeholders where the finders of each kind find personal data."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from models.personal_data.addresses import addresses
from models.personal_data.characters import end_of_invisible, in_plain_characters
from models.personal_data.contacts import qq_numbers, wechat_names
from models.personal_data.emails import emails
from models.personal_data.numbers import card_numbers, id_numbers
from models.personal_data.phones import REGIONS_OF_LANGUAGE, phones
from models.personal_data.spans import BLANK, Span, blanked
from models.personal_data.suspicion import SUSPICION
from models.personal_data.values import Mask, MaskedText, MaskKind

_TypedSpan = tuple[MaskKind, int, int]

_PLACEHOLDERS: Mapping[MaskKind, str] = {
    "email": "[email]",
    "phone": "[phone]",
    "id_number": "[id number]",
    "card_number": "[card number]",
    "address": "[address]",
    "wechat": "[wechat]",
    "qq": "[qq]",
}
_PLACEHOLDER = re.compile("|".join(map(re.escape, _PLACEHOLDERS.values())))

# One mask can uncover another, as in a number that looked like part of a longer one.
_MOST_PASSES = 10


class _Finder(NamedTuple):
    """Finds one kind, in texts of at least so many digits."""

    kind: MaskKind
    least_digits: int
    spans_in: Callable[[str, tuple[str, ...]], Iterator[Span]]


# The order is that of certainty: what one has taken the next does not see.
_FINDERS = (
    _Finder("email", 0, emails),
    _Finder("wechat", 0, wechat_names),
    _Finder("qq", 5, qq_numbers),
    _Finder("id_number", 9, id_numbers),
    _Finder("card_number", 13, card_numbers),
    _Finder("phone", 7, phones),
    _Finder("address", 1, addresses),
)
_DIGIT = re.compile(r"\d")


def mask_personal_data(text: str, language: str | None = None) -> MaskedText:
    """Replaces personal data in a review by placeholders; masking twice is masking once.

    Companies' service numbers (free, shared cost, 400 and 800) stay.

    Args:
        text: a review, of any length; the time taken grows with it linearly.
        language: its language, such as "de"; adds the phone formats of its countries to the American,
            British, Chinese and international ones.

    >>> mask_personal_data("Call 212-555-0123 or write to jane@example.com").text
    'Call [phone] or write to [email]'
    >>> mask_personal_data("加微信：abc_123，电话13800138000").masks
    (Mask(kind='wechat', start=4, end=12), Mask(kind='phone', start=15, end=22))
    >>> mask_personal_data("The WH-1000XM4 cost $348.00 on 2024-03-15").masks
    ()
    """
    if not SUSPICION.search(text):
        return MaskedText(text, ())
    plain, offsets = in_plain_characters(text)
    spans = _personal_data(plain, REGIONS_OF_LANGUAGE.get((language or "").lower()[:2], ()))
    pieces: list[str] = []
    masks: list[Mask] = []
    copied = length = 0
    for kind, start, end in spans:
        before, placeholder = text[copied : offsets[start]], _PLACEHOLDERS[kind]
        length += len(before) + len(placeholder)
        pieces += before, placeholder
        masks.append(Mask(kind, length - len(placeholder), length))
        copied = end_of_invisible(text, offsets[end - 1] + 1)
    return MaskedText("".join(pieces) + text[copied:], tuple(masks))


def _personal_data(plain: str, regions: tuple[str, ...]) -> list[_TypedSpan]:
    plain = _PLACEHOLDER.sub(lambda match: BLANK * len(match[0]), plain)
    found: list[_TypedSpan] = []
    for _ in range(_MOST_PASSES):
        known = len(found)
        digits = len(_DIGIT.findall(plain))
        for kind, least_digits, spans_in in _FINDERS:
            if digits < least_digits:
                continue
            spans = list(spans_in(plain, regions))
            plain = blanked(plain, spans)
            found += [(kind, start, end) for start, end in spans]
        if len(found) == known:
            break
    return sorted(found, key=lambda span: span[1])
