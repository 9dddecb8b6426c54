"""Puts placeholders where the finders of each kind find personal data, after a cheap look that most reviews pass."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from models.personal_data.addresses import CONTINENTAL_SIGNS, STREET_TYPES, addresses
from models.personal_data.contacts import MESSENGER_SIGNS, emails, messenger_names, qq_numbers, wechat_names
from models.personal_data.documents import (
    DOCUMENT_SIGNS,
    account_numbers,
    card_numbers,
    document_numbers,
    id_numbers,
    licence_plates,
)
from models.personal_data.network import network_addresses
from models.personal_data.phones import REGIONS_OF_LANGUAGE, phones
from models.personal_data.values import PLACEHOLDERS, Mask, MaskedText, MaskKind
from models.personal_data.working_text import BLANK, Span, blanked, end_of_invisible, in_plain_characters
from models.text.offsets import Edit, EditedText
from models.text.signs import Signs

_TypedSpan = tuple[MaskKind, int, int]

_PLACEHOLDER = re.compile("|".join(map(re.escape, PLACEHOLDERS.values())))

_CHINESE_ROAD_ENDS = "路街巷段道同村屯"

# Nearly every review has none of these, and nothing else is done for it. It begins with one set of
# characters because the engine skips to those fastest.
_SUSPICION = re.compile(
    r"[0-9０-９٠-٩۰-۹@＠wWｗＷvVｖＶqQｑＱdD微威薇卫扣企加+＋➕(\[{<（【#＃艾:·〇零幺-](?:"
    r"(?<=[0-9０-９٠-٩۰-۹])(?:(?:[\W_]{0,6}[0-9０-９٠-٩۰-۹]){4}"
    rf"|[A-Za-z]?,? (?:[\w.']{{1,20}} ){{1,4}}{STREET_TYPES}"
    rf"|(?<=[{_CHINESE_ROAD_ENDS}].)|(?<=[{_CHINESE_ROAD_ENDS}] .)|(?<=[Oo][Xx] .)|[栋幢]|单元|号楼)"
    r"|(?<=[@＠])"
    r"|(?<=[0-9A-Fa-f]{2}[:-])[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]|(?<=[A-Z]·)[A-Z0-9]{5}"
    r"|(?<=[〇零幺])[ -]?[〇零一二三四五六七八九幺]"
    r"|(?<=[wWｗＷ])(?:[eEｅＥ](?:[cCｃＣ]|[iI][xX])|[xXｘＸ])"
    r"|(?<=[vVｖＶ]) ?[xXｘＸ信:：]"
    r"|(?<=[qQｑＱ])[qQｑＱ群]"
    r"|(?<= [dD])[oO][tT] "
    r"|(?<=[微威薇])[信:：]|(?<=卫)星|(?<=扣)扣|(?<=企)鹅"
    r"|(?<=[加+＋➕]).{0,3}?[vVｖＶqQｑＱ微威薇]"
    r"|(?<=[(\[{<（【])\s?(?:[aA][tT]\b|艾特)"
    r"|(?<=[#＃])(?:[a-z]|163|126)|(?<=艾)特)"
)  # fmt: skip
# What has few digits or none, and no sign of its own: one of these words is in the text.
_SIGNS = MESSENGER_SIGNS | DOCUMENT_SIGNS | CONTINENTAL_SIGNS | Signs("", "::")

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
    _Finder("messenger", 0, messenger_names),
    _Finder("network_address", 0, network_addresses),
    _Finder("bank_account", 6, account_numbers),
    _Finder("id_number", 9, id_numbers),
    _Finder("card_number", 13, card_numbers),
    _Finder("id_number", 3, document_numbers),
    _Finder("licence_plate", 1, licence_plates),
    _Finder("phone", 0, phones),
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
    if not _SUSPICION.search(text) and not _SIGNS.are_in(text):
        return MaskedText(text, ())
    plain, offsets = in_plain_characters(text)
    spans = _personal_data(plain, REGIONS_OF_LANGUAGE.get((language or "").lower()[:2], ()))
    edits: list[Edit] = []
    masks: list[Mask] = []
    grown = 0
    for kind, start, end in spans:
        placeholder = PLACEHOLDERS[kind]
        edit = Edit(offsets[start], end_of_invisible(text, offsets[end - 1] + 1), placeholder)
        masks.append(Mask(kind, edit.start + grown, edit.start + grown + len(placeholder)))
        grown += len(placeholder) - (edit.end - edit.start)
        edits.append(edit)
    masked = EditedText(text).edited(edits)
    return MaskedText(masked.text, tuple(masks), masked.origin)


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
