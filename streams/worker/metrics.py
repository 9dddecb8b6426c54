"""What a worker counts and times, in Prometheus' terms."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from streams.delivery.intake import Chunk
from streams.delivery.records import Effects, Output
from streams.lane.values import BatchReport

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_REVIEWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class WorkerMetrics:
    """One worker's metrics, in a registry of its own."""

    def __init__(self, role: str) -> None:
        self.registry = CollectorRegistry()
        labels = {"role": role}

        def counter(name: str, text: str, *more: str) -> Counter:
            return Counter(f"reviewstream_{name}", text, ["role", *more], registry=self.registry)

        def gauge(name: str, text: str, *more: str) -> Gauge:
            return Gauge(f"reviewstream_{name}", text, ["role", *more], registry=self.registry)

        def seconds(name: str, text: str) -> Histogram:
            metric = Histogram(
                f"reviewstream_{name}_seconds", text, ["role"], registry=self.registry, buckets=_SECONDS
            )
            return metric.labels(role)

        self.events = counter("events", "events whose effects are acknowledged").labels(**labels)
        self.outputs = counter("outputs", "records published").labels(**labels)
        self._dead_letters = counter("dead_letters", "events set aside, by reason", "reason")
        self._dropped = counter(
            "dropped_outputs", "outputs too large for their topic that no event caused", "topic"
        )
        self._rebuilt = counter(
            "rebuilt_tables",
            "partitions' tables on disk that were cleared and restored anew, by reason",
            "reason",
        )
        self.chunks = counter("chunks", "chunks whose effects are acknowledged").labels(**labels)
        self.batches = counter("batches", "forward passes").labels(**labels)
        self.tokens = counter("tokens", "tokens that went through the model").labels(**labels)
        self.batch_reviews = Histogram(
            "reviewstream_batch_reviews",
            "reviews of a forward pass",
            ["role"],
            registry=self.registry,
            buckets=_REVIEWS,
        ).labels(role)
        self.batch_fill = gauge(
            "batch_fill_ratio", "share of the padded-token budget that the last forward pass used"
        ).labels(**labels)
        self.queue = seconds("queue", "a chunk's reviews waiting for their forward pass")
        self.tokenise = seconds("tokenise", "tokenising a chunk's reviews")
        self.forward = seconds("forward", "one forward pass")
        self.publish = seconds("publish", "publishing a chunk until the broker has acknowledged it")
        self._lag = gauge("lag_messages", "records behind the end of the partition", "topic", "partition")
        self._lag_seconds = gauge("lag_seconds", "age of the oldest record not done", "topic", "partition")
        self.in_flight = gauge("in_flight_records", "records between fetch and acknowledgement").labels(
            **labels
        )
        self.delivers_exactly_once = gauge(
            "delivers_exactly_once", "1 if outputs come once, 0 if they may repeat after a failure"
        ).labels(**labels)
        self._model = Info("reviewstream_model", "a model in use", ["role", "model"], registry=self.registry)
        self._role = role

    def delivered(self, chunk: Chunk, effects: Effects, publish_s: float) -> None:
        """Count one delivered chunk."""
        self.events.inc(len(chunk.records))
        self.outputs.inc(len(effects.outputs))
        self.chunks.inc()
        self.publish.observe(publish_s)
        for letter in effects.dead_letters:
            self._dead_letters.labels(self._role, str(letter.reason)).inc()

    def dropped(self, output: Output) -> None:
        """Count one output that is published nowhere."""
        self._dropped.labels(self._role, output.topic).inc()

    def rebuilt(self, reason: str) -> None:
        """Count a partition's tables that were cleared, and are restored from the changelog's beginning."""
        self._rebuilt.labels(self._role, reason).inc()

    def forwarded(self, report: BatchReport) -> None:
        """Count one forward pass."""
        self.batches.inc()
        self.tokens.inc(report.tokens)
        self.batch_reviews.observe(report.reviews)
        self.batch_fill.set(report.fill)
        self.forward.observe(report.forward_s)

    def answered(self, queue_s: float, tokenise_s: float) -> None:
        """Time what the reviews of one chunk waited."""
        self.queue.observe(queue_s)
        self.tokenise.observe(tokenise_s)

    def lag(self, topic: str, partition: int, messages: int, seconds: float) -> None:
        """Set one partition's lag."""
        self._lag.labels(self._role, topic, str(partition)).set(messages)
        self._lag_seconds.labels(self._role, topic, str(partition)).set(seconds)

    def forget_lag(self) -> None:
        """Drop the lag of all partitions: after a rebalance they may be another worker's."""
        self._lag.clear()
        self._lag_seconds.clear()

    def model(self, name: str, version: str) -> None:
        """Name a model in use."""
        self._model.labels(self._role, name).info({"version": version})
