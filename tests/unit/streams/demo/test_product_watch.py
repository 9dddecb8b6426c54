"""The demonstration waits for its products to know of every review."""

from typing import Any

import orjson
from output_records import OutputRecord, enriched

from streams.demo.product_watch import ProductWatch
from streams.settings import TopicNames
from tests.summaries import alert, document


def summary(product_id: str, offset: int, topic: str = "enriched-review", **more: Any) -> OutputRecord:
    source = {"topic": topic, "partition": 0, "offset": offset, "timestamp_ms": 1}
    return OutputRecord("product-summary", document(product_id, source=source, **more))


def review(product_id: str, offset: int) -> OutputRecord:
    return enriched((0, offset), product_id=product_id)


def test_it_is_complete_when_every_product_knows_of_its_reviews() -> None:
    """Not with an older summary, nor with one that knows of the product alone; a stranger's reviews do not count."""
    watch = ProductWatch(TopicNames())
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
    watch = ProductWatch(TopicNames())
    positions = [(0, 0), (0, 1)]
    watch.add(review("few", 0), 0)
    watch.add(review("lamp", 1), 1)

    def put(product_id: str, reviews: int, generation: int, text_generation: int, of: int = 0) -> None:
        known = {
            "generation": generation, "text_generation": text_generation, "text": None, "method": None,
            "text_review_count": of or reviews,
        }  # fmt: skip
        watch.add(summary(product_id, 0, reviews=reviews, **known), 0)

    put("few", 2, 0, 0)
    put("stranger", 9, 0, 0)
    assert watch.has_texts(positions)
    put("lamp", 9, 0, 0)
    assert not watch.has_texts(positions)
    put("lamp", 9, 2, 1)
    assert not watch.has_texts(positions)
    put("lamp", 44, 2, 2, of=17)  # another one is asked for with the next tick
    assert not watch.has_texts(positions)
    put("lamp", 9, 2, 2)
    assert watch.has_texts(positions)
    assert watch.texts == 2


def test_alerts_are_kept_once() -> None:
    """Raised and resolved are two, a repeat is none."""
    watch = ProductWatch(TopicNames())
    for state in ("raised", "raised", "resolved"):
        watch.add(OutputRecord("product-alert", orjson.dumps(alert(state=state))), 0)
    assert [known.state for known in watch.alerts] == ["raised", "resolved"]


def test_what_is_no_event_of_ours_is_passed_over() -> None:
    """On a shared broker the topics may hold what this version cannot read, and products that are gone."""
    watch = ProductWatch(TopicNames())
    for value in (None, b"", b"{}", b'{"product_id": "lamp", "schema_version": "9.0"}'):
        assert watch.add(OutputRecord("product-summary", value), 0)
        assert watch.add(OutputRecord("product-alert", value), 0)
        assert not watch.add(OutputRecord("enriched-review", value), 0)
    assert (watch.summaries, watch.alerts) == ({}, ())
