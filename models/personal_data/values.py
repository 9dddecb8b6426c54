"""What was masked in a text, and where."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

MaskKind = Literal["email", "phone", "id_number", "card_number", "address", "wechat", "qq"]


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
    """

    text: str
    masks: tuple[Mask, ...]
