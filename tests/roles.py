"""Rows of the table of roles with doubles in the place of models, and the topics of a test's broker."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from schemas.topics import PRODUCT_TEXT, REFRESH_REQUESTED, Topic
from streams.app import ROLES, planned_topics
from streams.delivery.sink import Checkpoint, pass_by
from streams.kafka.topic_plan import TopicSpec, wanted_topics
from streams.roles.enrich.worker import EnrichWorker
from streams.roles.generate.product_texts import Composer, ProductTextWriter
from streams.roles.generate.worker import GenerateWorker
from streams.roles.generate.writers import WriterEntry
from streams.roles.rolling.worker import RollingWorker
from streams.settings import KafkaSettings, Settings
from streams.worker.role import Role
from tests.fakes import FakePreparer, FakeReader, fake_composer


def enrich_role(reader: FakeReader | None = None, *, checkpoint: Checkpoint = pass_by) -> Role:
    """Enrichment by a reader that loads in no time."""
    model = reader or FakeReader()
    worker = partial(
        EnrichWorker,
        load_readers=lambda _settings: dict.fromkeys(model.languages or {"*"}, model),
        load_preparer=lambda _settings: FakePreparer(),
        checkpoint=checkpoint,
    )
    return replace(ROLES["enrich"], worker=worker)


def generate_role(
    load_composer: Callable[[Settings], Composer] = lambda _settings: fake_composer(),
    *,
    checkpoint: Checkpoint = pass_by,
) -> Role:
    """Texts by a composer that loads in no time."""
    entry = WriterEntry(
        REFRESH_REQUESTED, PRODUCT_TEXT, lambda settings: ProductTextWriter(load_composer(settings))
    )
    worker = partial(GenerateWorker, writers=[entry], checkpoint=checkpoint)
    return replace(ROLES["generate"], worker=worker)


def rolling_role(*, checkpoint: Checkpoint = pass_by) -> Role:
    """The tables as they are, with points to crash at."""
    return replace(ROLES["rolling"], worker=partial(RollingWorker, checkpoint=checkpoint))


def topics(
    partitions: int = 4,
    replication_factor: int = 1,
    only: Iterable[Topic] | None = None,
    changelogs: Iterable[str] = (),
) -> tuple[TopicSpec, ...]:
    """All topics of the project, or some and some changelogs, as they should be."""
    kafka = KafkaSettings(partitions=partitions, replication_factor=replication_factor)
    return planned_topics(kafka) if only is None else wanted_topics(kafka, only, changelogs)
