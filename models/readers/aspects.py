"""What reviews speak of: the aspects that the built-in readers tell apart, and what other sets call them."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from schemas import vocabularies

Aspect: TypeAlias = vocabularies.AspectName
ASPECTS: Final = vocabularies.ASPECTS

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
    "authenticity": ("genuine", "fake", "original", "正品", "真伪", "假货"),
    "taste_and_smell": (
        "food", "taste", "tastes", "flavour", "flavor", "smell", "smells", "scent", "odour", "odor", "aroma",
        "fragrance", "drinks", "menu", "dish", "dish taste", "dish portion", "dish look", "dish recommendation", "食物",
        "味道", "口味", "口感", "菜品", "气味", "异味", "香味", "香气",
    ),
    "content": (
        "story", "storyline", "plot", "writing", "characters", "translation", "gameplay", "lyrics", "information",
        "内容", "情节", "剧情", "故事", "文笔", "翻译", "玩法",
    ),
    "safety": (
        "safe", "hazard", "allergy", "irritation", "overheating", "health and safety", "安全", "安全性", "过敏", "漏电",
        "安全隐患",
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

    >>> aspect_named("Customer_Service"), aspect_named("staff"), aspect_named("物流"), aspect_named("weather")
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
