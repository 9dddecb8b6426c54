"""The demonstration waits for its products to know of every review."""

import orjson
from output_records import OutputRecord

from streams.demo.products import ProductWatch


def record(topic: str, event: object) -> OutputRecord:
    return OutputRecord(topic, orjson.dumps(event))


def summary(product_id: str, offset: int, topic: str = "enriched-review") -> OutputRecord:
    return record("product-summary", {"product_id": product_id, "source": {"topic": topic, "offset": offset}})


def test_it_is_complete_when_every_product_knows_of_its_last_review() -> None:
    """Not with an older summary, nor with one that knows of the product alone."""
    watch = ProductWatch()
    assert watch.is_complete([])
    assert not watch.is_complete(["lamp"])
    assert watch.add(summary("lamp", 3, "new-product"), 0)
    assert watch.is_complete(["lamp"])
    assert not watch.add(record("enriched-review", {"product_id": "lamp"}), 7)
    assert not watch.is_complete(["lamp"])
    watch.add(summary("lamp", 6), 1)
    assert not watch.is_complete(["lamp"])
    watch.add(summary("lamp", 7), 2)
    assert watch.is_complete(["lamp"])


def test_texts_are_there_when_each_product_has_its_last_one() -> None:
    """Products with too few reviews have none."""
    watch = ProductWatch()

    def put(product_id: str, reviews: int, generation: int, text_generation: int) -> None:
        counts = {"reviews": reviews}
        known = {"generation": generation, "text_generation": text_generation, "counts": counts}
        watch.add(record("product-summary", {"product_id": product_id, **known}), 0)

    put("few", 2, 0, 0)
    assert watch.has_texts()
    put("lamp", 9, 0, 0)
    assert not watch.has_texts()
    put("lamp", 9, 2, 1)
    assert not watch.has_texts()
    put("lamp", 9, 2, 2)
    assert watch.has_texts()


def test_alerts_are_kept_once() -> None:
    """Raised and resolved are two, a repeat is none."""
    watch = ProductWatch()
    for state in ("raised", "raised", "resolved"):
        watch.add(record("product-alert", {"alert_id": "a", "product_id": "lamp", "state": state}), 0)
    assert [alert["state"] for alert in watch.alerts] == ["raised", "resolved"]
