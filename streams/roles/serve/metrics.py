"""What the serving role counts and times, in Prometheus' terms."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_ROLE = "serve"


class ServingMetrics:
    """One serving process' metrics, in a registry of its own.

    Attributes:
        unreadable_records: how many were skipped.
    """

    def __init__(self) -> None:
        self.unreadable_records = 0
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *more: str) -> Counter:
            return Counter(f"reviewstream_{name}", text, ["role", *more], registry=self.registry)

        def gauge(name: str, text: str, *more: str) -> Gauge:
            return Gauge(f"reviewstream_{name}", text, ["role", *more], registry=self.registry)

        self._records = counter(
            "serving_records",
            "records that are served: written, not newer than what was there, or unreadable",
            "topic",
            "outcome",
        )
        self._unreadable = counter(
            "serving_unreadable", "records that were skipped, by reason", "topic", "reason"
        )
        self.rewinds = counter(
            "serving_rewinds", "times that Redis held less than was believed, and was filled again from there"
        ).labels(_ROLE)
        self.redis_errors = counter("serving_redis_errors", "requests to Redis that failed").labels(_ROLE)
        self._lag = gauge("lag_messages", "records behind the end of the partition", "topic", "partition")
        self._behind = gauge(
            "serving_behind_seconds", "since Redis was last known to hold a topic up to its end", "topic"
        )
        self.cached = gauge("serving_cached_products", "products in memory for when Redis is away").labels(
            _ROLE
        )
        self._answers = counter(
            "serving_answers", "products asked for: found, missing or unknown, and why stale", "kind", "stale"
        )
        self._requests = Histogram(
            "reviewstream_request_seconds",
            "answering one request, by route and status",
            ["role", "route", "status"],
            registry=self.registry,
            buckets=_SECONDS,
        )

    def applied(self, topic: str, written: int, not_newer: int) -> None:
        """Count the records of one batch that Redis took."""
        self._records.labels(_ROLE, topic, "written").inc(written)
        self._records.labels(_ROLE, topic, "not_newer").inc(not_newer)

    def unreadable(self, topic: str, reason: str) -> None:
        """Count a record that was skipped."""
        self.unreadable_records += 1
        self._records.labels(_ROLE, topic, "unreadable").inc()
        self._unreadable.labels(_ROLE, topic, reason).inc()

    def behind(self, topic: str, seconds: float) -> None:
        """Set how long ago Redis held all of a topic."""
        self._behind.labels(_ROLE, topic).set(seconds)

    def lag(self, topic: str, partition: int, messages: int) -> None:
        """Set one partition's lag."""
        self._lag.labels(_ROLE, topic, str(partition)).set(messages)

    def answered(self, kind: str, stale_reason: str | None) -> None:
        """Count one product that was asked for."""
        self._answers.labels(_ROLE, kind, stale_reason or "no").inc()

    def request(self, route: str, status: int, seconds: float) -> None:
        """Time one request."""
        self._requests.labels(_ROLE, route, str(status)).observe(seconds)
