"""What the plain Faust agents share: an app on the topics that there are, and the reviews it reads."""

from typing import Any

import faust

from tests.bench.baselines import Task


def app_of(task: Task, **settings: Any) -> faust.App:
    """An app as Faust's quick start makes one, without a web server.

    The first answer must not wait for defaults that have nothing to do with speed: the topics exist.
    """
    return faust.App(
        task.group,
        broker=f"kafka://{task.bootstrap_servers}",
        datadir=task.directory,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        **settings,
    )


class Review(faust.Record):
    """What the shop publishes; other fields are ignored."""

    review_id: str
    product_id: str
    text: str
