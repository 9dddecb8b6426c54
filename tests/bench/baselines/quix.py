"""Quix Streams, its documented way, with a model that costs nothing: a StreamingDataFrame, at least once.

Choices: the JSON (de)serialisers of its first page, which use orjson; one `apply`, one output a review; its own
commit interval and producer settings.
"""

from typing import Any

from quixstreams import Application

from tests.bench.baselines import Task, result


def main() -> None:
    """Run until SIGTERM."""
    task = Task.of_command_line()
    app = Application(
        broker_address=task.bootstrap_servers,
        consumer_group=task.group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        processing_guarantee="at-least-once",
        loglevel="WARNING",
    )
    source = app.topic(task.source, value_deserializer="json", key_deserializer="bytes")
    output = app.topic(task.output, value_serializer="json", key_serializer="bytes")

    def enrich(review: dict[str, Any]) -> dict[str, Any]:
        return result(review, "positive", [0.1, 0.2, 0.7])

    app.dataframe(source).apply(enrich).to_topic(output)
    app.run()


if __name__ == "__main__":
    main()
