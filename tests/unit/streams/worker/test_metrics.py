import pytest

from schemas.dead_letters import DeadLetterReason
from streams.delivery.intake import Chunk, Lease
from streams.delivery.records import DeadLetter, Effects, Output, Partition
from streams.lane.values import BatchReport
from streams.worker.metrics import WorkerMetrics
from tests.fakes import FakeRecord

CHUNK = Chunk.of(Lease(Partition("new-review", 0), 0), [FakeRecord(offset) for offset in range(5)])


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics("enrich")


def value(metrics: WorkerMetrics, name: str, /, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"reviewstream_{name}", {"role": "enrich", **labels})


def test_everything_is_zero_before_the_first_event(metrics: WorkerMetrics) -> None:
    """Counters exist from the start, so that a rate over them has a beginning; all but those that need a reason."""
    samples = {
        family.name.removeprefix("reviewstream_"): [
            sample.value for sample in family.samples if sample.name.endswith("_total")
        ]
        for family in metrics.registry.collect()
        if family.type == "counter"
    }
    assert {name for name, values in samples.items() if not values} == {
        "dead_letters",
        "dropped_outputs",
        "rebuilt_tables",
    }
    assert {"events", "outputs", "chunks", "batches", "tokens"} < samples.keys()
    assert {value for values in samples.values() for value in values} == {0}


def test_a_delivered_chunk_is_counted(metrics: WorkerMetrics) -> None:
    """Events, outputs, chunks, the publishing time, and dead letters by reason."""
    letters = [
        DeadLetter(CHUNK.records[index], reason, "why")
        for index, reason in enumerate(
            [DeadLetterReason.MALFORMED_JSON, DeadLetterReason.MALFORMED_JSON, DeadLetterReason.MODEL_TIMEOUT]
        )
    ]
    metrics.delivered(CHUNK, Effects([Output("out", None, b"")] * 2, letters), 0.2)
    assert value(metrics, "events_total") == 5
    assert value(metrics, "outputs_total") == 2
    assert value(metrics, "chunks_total") == 1
    assert value(metrics, "publish_seconds_sum") == pytest.approx(0.2)
    assert value(metrics, "dead_letters_total", reason="malformed_json") == 2
    assert value(metrics, "dead_letters_total", reason="model_timeout") == 1


def test_a_forward_pass_is_counted(metrics: WorkerMetrics) -> None:
    """Batches, tokens, the fill of the last one, and its seconds."""
    metrics.forwarded(BatchReport(reviews=8, tokens=512, fill=0.5, forward_s=0.1))
    metrics.forwarded(BatchReport(reviews=2, tokens=100, fill=0.25, forward_s=0.3))
    metrics.answered(queue_s=0.05, tokenise_s=0.01)
    assert value(metrics, "batches_total") == 2
    assert value(metrics, "tokens_total") == 612
    assert value(metrics, "batch_reviews_sum") == 10
    assert value(metrics, "batch_fill_ratio") == 0.25
    assert value(metrics, "forward_seconds_sum") == pytest.approx(0.4)
    assert value(metrics, "queue_seconds_sum") == pytest.approx(0.05)
    assert value(metrics, "tokenise_seconds_sum") == pytest.approx(0.01)


def test_lag_is_told_by_partition_and_can_be_forgotten(metrics: WorkerMetrics) -> None:
    """Each partition has its own figures, and none after they were dropped."""
    metrics.lag("new-review", 0, 10, 1.5)
    metrics.lag("new-review", 1, 20, 2.5)
    assert value(metrics, "lag_messages", topic="new-review", partition="1") == 20
    assert value(metrics, "lag_seconds", topic="new-review", partition="0") == 1.5
    metrics.forget_lag()
    assert value(metrics, "lag_messages", topic="new-review", partition="1") is None


def test_tables_that_start_anew_are_counted_by_their_reason(metrics: WorkerMetrics) -> None:
    """Those of each partition, since an operator acts on damage only."""
    for reason in ("damaged", "too old", "damaged"):
        metrics.rebuilt(reason)
    assert value(metrics, "rebuilt_tables_total", reason="damaged") == 2
    assert value(metrics, "rebuilt_tables_total", reason="too old") == 1


def test_the_model_is_named(metrics: WorkerMetrics) -> None:
    """The version of each model in use can be read off, and a swap replaces it."""
    metrics.model("minilm", "0123")
    metrics.model("ngram", "89ab")
    metrics.model("minilm", "4567")
    assert value(metrics, "model_info", model="minilm", version="4567") == 1
    assert value(metrics, "model_info", model="ngram", version="89ab") == 1
    assert value(metrics, "model_info", model="minilm", version="0123") is None


def test_two_workers_do_not_share_metrics() -> None:
    """Each worker has a registry of its own: two in one process neither clash nor add up."""
    first, second = WorkerMetrics("enrich"), WorkerMetrics("enrich")
    first.delivered(CHUNK, Effects(), 0.1)
    assert (value(first, "events_total"), value(second, "events_total")) == (5, 0)
