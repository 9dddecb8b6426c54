"""The demonstration waits for its products to know of every review."""

import orjson
from output_records import OutputRecord

from streams.demo.products import ProductWatch


def record(topic: str, event: object) -> OutputRecord:
    return OutputRecord(topic, orjson.dumps(event))


def summary(product_id: str, offset: int, topic: str = "enriched-review") -> OutputRecord:
    return record("product-summary", {"product_id": product_id, "source": {"topic": topic, "offset": offset}})


def review(product_id: str, offset: int) -> OutputRecord:
    return record("enriched-review", {"product_id": product_id, "source": {"partition": 0, "offset": offset}})


def test_it_is_complete_when_every_product_knows_of_its_reviews() -> None:
    """Not with an older summary, nor with one that knows of the product alone; a stranger's reviews do not count."""
    watch = ProductWatch()
    assert watch.is_complete([], [])
    assert not watch.is_complete(["lamp"], [])
    assert watch.add(summary("lamp", 3, "new-product"), 0)
    assert watch.is_complete(["lamp"], [])
    assert not watch.add(review("lamp", 1), 7)
    watch.add(review("stranger", 2), 9)
    assert watch.is_complete(["lamp"], [])
    assert not watch.is_complete(["lamp"], [(0, 1)])
    watch.add(summary("lamp", 6), 1)
    assert not watch.is_complete(["lamp"], [(0, 1)])
    watch.add(summary("lamp", 7), 2)
    assert watch.is_complete(["lamp"], [(0, 1), (0, 5)])


def test_texts_are_there_when_each_product_has_its_last_one() -> None:
    """Products with too few reviews have none, and those of strangers are not waited for."""
    watch = ProductWatch()
    positions = [(0, 0), (0, 1)]
    watch.add(review("few", 0), 0)
    watch.add(review("lamp", 1), 1)

    def put(product_id: str, reviews: int, generation: int, text_generation: int) -> None:
        counts = {"reviews": reviews}
        known = {"generation": generation, "text_generation": text_generation, "counts": counts}
        watch.add(record("product-summary", {"product_id": product_id, **known}), 0)

    put("few", 2, 0, 0)
    put("stranger", 9, 0, 0)
    assert watch.has_texts(positions)
    put("lamp", 9, 0, 0)
    assert not watch.has_texts(positions)
    put("lamp", 9, 2, 1)
    assert not watch.has_texts(positions)
    put("lamp", 9, 2, 2)
    assert watch.has_texts(positions)


def test_alerts_are_kept_once() -> None:
    """Raised and resolved are two, a repeat is none."""
    watch = ProductWatch()
    for state in ("raised", "raised", "resolved"):
        watch.add(record("product-alert", {"alert_id": "a", "product_id": "lamp", "state": state}), 0)
    assert [alert["state"] for alert in watch.alerts] == ["raised", "resolved"]
