"""What was masked in a text, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from models.text.offsets import UNCHANGED, Origin

MaskKind = Literal[
    "email",
    "phone",
    "id_number",
    "card_number",
    "bank_account",
    "address",
    "network_address",
    "licence_plate",
    "wechat",
    "qq",
    "messenger",
]
#: What stands in a masked text in place of each kind.
PLACEHOLDERS: Mapping[MaskKind, str] = MappingProxyType(
    {kind: f"[{kind.replace('_', ' ')}]" for kind in get_args(MaskKind)}
)


@dataclass(frozen=True, slots=True)
class Mask:
    """A placeholder in a masked text.

    Attributes:
        kind: what stood there.
        start: where the placeholder begins, in code points of the masked text.
        end: where it ends.
    """

    kind: MaskKind
    start: int
    end: int


class MaskedText(NamedTuple):
    """A text without personal data.

    Attributes:
        text: the text, with a placeholder such as "[phone]" for each thing masked.
        masks: the placeholders that were put in, from first to last.
        origin: leads from offsets in `text` to offsets in the text before.
    """

    text: str
    masks: tuple[Mask, ...]
    origin: Origin = UNCHANGED
