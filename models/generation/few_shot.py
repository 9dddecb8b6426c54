"""What a model that was not trained for phrasing is shown beside the examples of `prompts`, if it takes no turns."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Example(NamedTuple):
    """A key point and how it is said."""

    aspect: str
    polarity: str
    evidence: tuple[str, ...]
    phrase: str


#: By language. They keep what the evidence denies and compares, and leave out what is not the point.
MORE_EXAMPLES: Final[Mapping[str, tuple[Example, ...]]] = MappingProxyType({
    "en": (
        Example("lid", "bad", ("I love the colour but the lid does not close.", "lid won't shut"),
                "The lid does not close."),
        Example("noise", "mixed", ("Quieter than my old one, though it still hums at night.",),
                "It is quieter than the old one, but hums at night."),
    ),
    "zh": (
        Example("杯盖", "差", ("颜色我很喜欢，可惜杯盖盖不紧。", "放包里会漏水"), "杯盖盖不紧，放包里会漏水。"),
        Example("噪音", "褒贬不一", ("比旧的安静多了，不过晚上还是有嗡嗡声",), "比旧的安静多了，但晚上还是有嗡嗡声。"),
        Example("送货", "好", ("昨天下的单，今天上午就到了，快递员还送上楼。",), "今天上午就到了，快递员还送上楼。"),
    ),
})  # fmt: skip
