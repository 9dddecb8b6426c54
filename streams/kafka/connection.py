"""aiokafka's connection and producer options, made in one place from the settings."""

import ssl
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.helpers import create_ssl_context

from streams.errors import ConfigurationError
from streams.settings import KafkaSettings

#: One batch of ours holds a chunk's outputs; brokers accept 1 MiB unless told otherwise.
MAX_BATCH_BYTES = 512 * 1024
MAX_REQUEST_BYTES = 1024 * 1024
REQUEST_TIMEOUT_MS = 30_000
TRANSACTION_TIMEOUT_MS = 60_000


def tls_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """The TLS context these settings ask for, None for plaintext.

    Raises:
        ConfigurationError: the authority's file cannot be read.
    """
    if kafka.security_protocol not in {"SSL", "SASL_SSL"}:
        return None
    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=str(kafka.ssl_ca_file) if kafka.ssl_ca_file else None
        )
    except OSError as error:
        raise ConfigurationError(f"kafka: cannot read ssl_ca_file {kafka.ssl_ca_file}: {error}") from error
    return context


def client_options(kafka: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments that every aiokafka client of ours shares.

    Raises:
        ConfigurationError: no broker is configured, or the TLS files cannot be read.
    """
    if not kafka.bootstrap_servers:
        raise ConfigurationError(
            "kafka: no broker is configured; set REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS=host:port, "
            "or use `reviewstream up` or `demo`, which start an embedded one"
        )
    options: dict[str, Any] = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "security_protocol": kafka.security_protocol,
        "ssl_context": tls_context(kafka),
    }
    if kafka.uses_sasl and kafka.sasl_password is not None:
        options |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.sasl_username,
            "sasl_plain_password": kafka.sasl_password.get_secret_value(),
        }
    return options


def new_producer(
    client: dict[str, Any], *, is_idempotent: bool, transactional_id: str | None = None
) -> AIOKafkaProducer:
    """A producer whose sends are acknowledged by every in-sync replica.

    Args:
        client: what `client_options` returned.
        is_idempotent: a retry is written once; needs a broker that has producer ids.
        transactional_id: makes the producer transactional, and fences any other with the same id.
    """
    return AIOKafkaProducer(
        **client,
        acks="all",
        enable_idempotence=is_idempotent,
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        max_batch_size=MAX_BATCH_BYTES,
        max_request_size=MAX_REQUEST_BYTES,
        retry_backoff_ms=20,  # Kafka 4 answers a transaction's first batch with "not yet" now and then
    )
