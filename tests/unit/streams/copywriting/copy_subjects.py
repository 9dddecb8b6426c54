"""Products and summaries that tests of copy write about."""

import json
from pathlib import Path

from schemas.copywriting import CopyRequest
from schemas.products import Product
from schemas.summaries import ProductSummary
from streams.copywriting import CopyWriter, HouseRules, Subject, Written

DEMO = Path(__file__).parents[4] / "streams" / "demo" / "products.jsonl"
PHONE = {
    "title": "Tarn One phone",
    "language": "en",
    "attributes": {
        "screen size": "6.1 inch",
        "processor": "Kestrel K3",
        "memory": "8 GB",
        "storage": "256 GB",
        "camera": "50 MP",
        "battery": "4500 mAh",
        "colour": "slate, sand",
        "wireless charging": "yes",
    },
}
PHONE_ZH = {
    "title": "塔恩一号手机",
    "language": "zh",
    "attributes": {
        "屏幕尺寸": "6.1英寸",
        "处理器": "隼三",
        "内存": "8GB",
        "存储": "256GB",
        "电池容量": "4500毫安时",
        "颜色": "岩灰、沙色",
        "无线充电": "支持",
    },
}


def subject(given: dict[str, object], summary: ProductSummary | None = None) -> Subject:
    """A product of a few fields."""
    full = {"product_id": "p-1", "updated_at": "2025-01-01T00:00:00Z", **given}
    return Subject.of(Product.model_validate_json(json.dumps(full)), summary)


def demo(product_id: str, summary: ProductSummary | None = None) -> Subject:
    """A product of the demonstration."""
    for line in DEMO.read_text(encoding="utf-8").splitlines():
        product = Product.model_validate_json(line)
        if product.product_id == product_id:
            return Subject.of(product, summary)
    raise LookupError(product_id)


def summary_of(
    product_id: str, points: list[tuple[str, str, str]], *, language: str = "en", rating: float = 4.2
) -> ProductSummary:
    """A summary with key points: aspect, polarity, and what two reviews say."""
    key_points = [
        {
            "claim": quote, "language": language, "aspect": aspect, "polarity": polarity, "count": 2,
            "review_ids": [f"r-{place}a", f"r-{place}b"],
            "quotes": [{"review_id": f"r-{place}a", "text": quote}, {"review_id": f"r-{place}b", "text": quote}],
        }
        for place, (aspect, polarity, quote) in enumerate(points)
    ]  # fmt: skip
    aspects = [
        {
            "aspect": aspect,
            "negative": 2 * (polarity == "negative"),
            "neutral": 0,
            "positive": 2 * (polarity == "positive"),
        }
        for aspect, polarity, _ in points
    ]
    return ProductSummary.model_validate_json(
        json.dumps(
            {
                "source": {"topic": "enriched-review", "partition": 0, "offset": 1, "timestamp_ms": 0},
                "made_at": "2025-06-01T00:00:00Z", "as_of": "2025-06-01T00:00:00Z", "product_id": product_id,
                "generation": 1, "language": language, "average_rating": rating,
                "counts": {
                    "reviews": 12, "rating_histogram": [0, 1, 1, 1, 3, 6], "rating_hundredths": 5000,
                    "sentiment": {"negative": 2, "neutral": 1, "positive": 9}, "aspects": aspects,
                    "languages": {language: 12},
                },
                "key_points": key_points,
            }
        )
    )  # fmt: skip


def write(
    about: Subject | list[Subject],
    kind: str,
    rules: HouseRules | None = None,
    generation: int = 0,
    **wishes: object,
) -> Written:
    """What the writer makes of a request."""
    subjects = about if isinstance(about, list) else [about]
    ids = [one.product_id for one in subjects]
    others = wishes.pop("others", [])
    assert isinstance(others, list)
    named = {"product_ids": ids} if len(ids) > 1 else {"product_id": ids[0]}
    request = CopyRequest.model_validate_json(
        json.dumps({"request_id": "q", "kind": kind, **named, **wishes})
    )
    writer = CopyWriter() if rules is None else CopyWriter(rules)
    return writer.write(request, {one.product_id: one for one in [*subjects, *others]}, generation=generation)


def text_of(written: Written) -> str:
    """Its first text."""
    assert written.variants, written.refusals
    return written.variants[0].text
