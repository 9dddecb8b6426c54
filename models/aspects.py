"""What reviews speak of: the aspects that the built-in readers tell apart, and what other sets call them."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

Aspect = Literal[
    "quality",
    "performance",
    "design",
    "size_and_fit",
    "ease_of_use",
    "price_and_value",
    "delivery",
    "packaging",
    "customer_service",
    "authenticity",
    "food",
    "ambience",
    "other",
]

ASPECTS: Final[tuple[Aspect, ...]] = get_args(Aspect)

_SYNONYMS: Mapping[Aspect, tuple[str, ...]] = {
    "quality": ("build quality", "durability", "material", "protection", "workmanship", "质量", "做工", "品质", "材质"),
    "performance": (
        "battery", "connectivity", "sound", "suction power", "noise", "extra functionality", "speed", "性能", "功能",
        "续航",
    ),
    "design": (
        "look", "looks", "appearance", "style", "colour", "color", "layout", "compartments", "handles", "accessories",
        "外观", "设计", "颜色", "款式",
    ),
    "size_and_fit": ("size", "fit", "size fit", "size/fit", "comfort", "weight", "尺寸", "大小", "尺码", "舒适"),
    "ease_of_use": ("usability", "feel comfort", "handling", "使用", "易用", "操作", "安装"),
    "price_and_value": (
        "price", "value", "cost", "price level", "cost effective", "discount", "价格", "性价比", "优惠",
    ),
    "delivery": ("shipping", "logistics", "delivery speed", "物流", "快递", "发货", "配送"),
    "packaging": ("package", "packing", "包装"),
    "customer_service": (
        "service", "staff", "support", "wait time", "waiters attitude", "serving speed", "parking", "客服", "服务",
        "售后", "态度",
    ),
    "authenticity": ("genuine", "fake", "original", "正品", "真伪"),
    "food": (
        "taste", "menu", "dish", "dish taste", "dish portion", "dish look", "dish recommendation", "味道", "口味",
        "菜品",
    ),
    "ambience": ("place", "environment", "atmosphere", "location", "decoration", "环境", "氛围", "位置"),
    "other": ("miscellaneous", "misc", "general", "anecdotes/miscellaneous", "其他"),
}  # fmt: skip


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]+", " ", name).strip().casefold()


_ASPECT_OF: Mapping[str, Aspect] = MappingProxyType(
    {_plain(aspect): aspect for aspect in ASPECTS}
    | {_plain(name): aspect for aspect, names in _SYNONYMS.items() for name in names}
)


def aspect_named(name: str) -> Aspect | None:
    """The aspect that a set's own name for it means; None for a name nobody has told us of.

    >>> aspect_named("Customer_Service"), aspect_named("staff"), aspect_named("物流"), aspect_named("plot")
    ('customer_service', 'customer_service', 'delivery', None)
    """
    return _ASPECT_OF.get(_plain(name))


def aspect_of(name: str) -> Aspect:
    """An aspect by its exact name.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in ASPECTS:
        raise ValueError(f"wanted an aspect among {', '.join(ASPECTS)}, got {name!r}")
    return name
