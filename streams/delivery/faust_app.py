"""A Faust app with every default that loses data, stalls or listens to strangers set right."""

import faust

from streams.delivery.faust_driver import SCHEME, ChunkApp
from streams.delivery.intake import Intake
from streams.delivery.sink import Sink
from streams.kafka.connection import (
    CLIENT_ID,
    MAX_BATCH_BYTES,
    MAX_REQUEST_BYTES,
    REQUEST_TIMEOUT_MS,
    KafkaConnection,
)
from streams.settings import ChunkSettings, KafkaSettings

_SELDOM_S = 60.0


def new_app(
    group: str,
    *,
    kafka: KafkaSettings,
    chunk: ChunkSettings,
    intake: Intake,
    sink: Sink,
    is_kafka: bool,
    data_directory: str,
) -> ChunkApp:
    """An app that is not started yet.

    Args:
        group: the consumer group, and the app's name.
        kafka: where the brokers are, and how much is fetched.
        chunk: how much is read ahead, and how long a stop waits for it.
        intake: takes the chunks.
        sink: is told of assignments, and whether the consumer has to commit.
        is_kafka: False on the embedded broker.
        data_directory: Faust wants one; nothing is written to it.

    Raises:
        ConfigurationError: no broker is configured, or the TLS files cannot be read.
    """
    return ChunkApp(
        group,
        intake=intake,
        sink=sink,
        is_kafka=is_kafka,
        drain_timeout_s=chunk.drain_timeout_s,
        max_gathering_s=kafka.fetch_wait_ms / 1000,
        broker=[f"{SCHEME}://{server.strip()}" for server in str(kafka.bootstrap_servers).split(",")],
        broker_client_id=CLIENT_ID,
        broker_credentials=_credentials(KafkaConnection.of(kafka)),
        store="memory://",
        datadir=data_directory,
        agent_supervisor="mode.CrashingSupervisor",  # an agent that fails ends the process, never half of it
        autodiscover=False,
        broker_session_timeout=kafka.session_timeout_s,
        broker_heartbeat_interval=kafka.session_timeout_s / 3,
        # Faust's timer wakes up for nothing where the sink commits.
        broker_commit_interval=chunk.commit_interval_s if sink.is_committed_by_consumer else _SELDOM_S,
        broker_max_poll_interval=86_400,  # a worker that waits for its model keeps its partitions
        broker_max_poll_records=chunk.max_records,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=kafka.fetch_max_bytes,
        producer_max_batch_size=MAX_BATCH_BYTES,
        producer_max_request_size=MAX_REQUEST_BYTES,
        producer_request_timeout=REQUEST_TIMEOUT_MS / 1000,
        stream_wait_empty=True,  # our `wait_empty`, bounded
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=kafka.partitions,
        topic_replication_factor=kafka.replication_factor,
        web_enabled=False,  # ours is streams/web, with nothing in it but health and metrics
        worker_redirect_stdouts=False,
    )


def _credentials(connection: KafkaConnection) -> faust.auth.Credentials | None:
    credentials = connection.credentials
    if credentials is not None and credentials.tokens is not None:
        return faust.auth.OAuthCredentials(oauth_cb=credentials.tokens, ssl_context=connection.tls)
    if credentials is not None:
        # Without a context Faust talks plaintext whatever the protocol says, so it always gets what we made.
        return faust.SASLCredentials(
            username=credentials.username,
            password=credentials.password.get_secret_value(),
            mechanism=credentials.mechanism,
            ssl_context=connection.tls,
        )
    if connection.tls is not None:
        return faust.SSLCredentials(context=connection.tls)
    return None
