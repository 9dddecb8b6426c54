"""What was masked in a text, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from models.text.offsets import UNCHANGED, Origin
from schemas import vocabularies

MaskKind: TypeAlias = vocabularies.MaskKindName
#: What stands in a masked text in place of each kind.
PLACEHOLDERS: Mapping[MaskKind, str] = MappingProxyType(
    {kind: f"[{kind.replace('_', ' ')}]" for kind in vocabularies.MASK_KINDS}
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
