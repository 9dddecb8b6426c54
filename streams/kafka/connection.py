"""The connection to Kafka: how every client of ours is made, from one value."""

import ssl
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from aiokafka.abc import AbstractTokenProvider
from aiokafka.helpers import create_ssl_context
from pydantic import SecretStr

from streams.errors import ConfigurationError
from streams.kafka.clients import Admin, BatchConsumer, Producer
from streams.kafka.tokens import Client, ClientCredentials, TokenFile
from streams.settings import KafkaSettings

#: What the broker's log and its quotas know us by.
CLIENT_ID = "reviewstream"
#: One batch of ours holds a chunk's outputs; brokers accept 1 MiB unless told otherwise.
MAX_BATCH_BYTES = 512 * 1024
MAX_REQUEST_BYTES = 1024 * 1024
#: From one partition at once.
FETCH_BYTES = 8 * 1024 * 1024
#: The longest that a fetch waits for a record. The embedded broker waits that long even if one comes meanwhile.
FETCH_WAIT_MS = 100
REQUEST_TIMEOUT_MS = 30_000
TRANSACTION_TIMEOUT_MS = 60_000
_RETRY_BACKOFF_MS = 20


class Credentials(NamedTuple):
    """Who we are, for SASL: a user with a password, or with tokens instead."""

    mechanism: str
    username: str | None = None
    password: SecretStr = SecretStr("")
    tokens: AbstractTokenProvider | None = None


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Where Kafka is, and how to come in; makes clients, none of which is started yet.

    Attributes:
        bootstrap_servers: `host:port`, several with commas.
        security_protocol: as Kafka names it.
        tls: the TLS context; None for plaintext.
        credentials: for SASL; None without.
        admin_timeout_ms: how long a request of an admin client may take. It is below the ten seconds that
            `topic_admin` waits for a whole step, so that the client's error, which says more, comes first.

    >>> KafkaConnection("localhost:9092").options["security_protocol"]
    'PLAINTEXT'
    """

    bootstrap_servers: str
    security_protocol: str = "PLAINTEXT"
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    credentials: Credentials | None = None
    admin_timeout_ms: int = 9_000

    @classmethod
    def of(cls, kafka: KafkaSettings) -> Self:
        """The connection that these settings describe.

        Raises:
            ConfigurationError: no broker is configured, or the TLS files cannot be read.
        """
        if not kafka.bootstrap_servers:
            raise ConfigurationError(
                "kafka: no broker is configured; set REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS=host:port, "
                "or use `reviewstream up` or `demo`, which start an embedded one"
            )
        return cls(kafka.bootstrap_servers, kafka.security_protocol, _tls_context(kafka), _credentials(kafka))

    @property
    def options(self) -> dict[str, object]:
        """Keyword arguments of any aiokafka client, by its names."""
        options: dict[str, object] = {
            "bootstrap_servers": self.bootstrap_servers,
            "client_id": CLIENT_ID,
            "security_protocol": self.security_protocol,
            "ssl_context": self.tls,
        }
        if self.credentials is None:
            return options
        options["sasl_mechanism"] = self.credentials.mechanism
        if self.credentials.tokens is not None:
            options["sasl_oauth_token_provider"] = self.credentials.tokens
        else:
            options["sasl_plain_username"] = self.credentials.username
            options["sasl_plain_password"] = self.credentials.password.get_secret_value()
        return options

    def consumer(
        self,
        *,
        fetch_bytes: int = FETCH_BYTES,
        fetch_wait_ms: int = FETCH_WAIT_MS,
    ) -> BatchConsumer:
        """A consumer of committed records, without a group, to be assigned partitions; it commits nothing.

        Args:
            fetch_bytes: the most from one partition at once.
            fetch_wait_ms: the longest that a fetch waits for a record.
        """
        return BatchConsumer(
            **self.options,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=fetch_bytes,
            fetch_max_bytes=2 * fetch_bytes,  # of all partitions of a broker, so that memory stays bounded
            fetch_max_wait_ms=fetch_wait_ms,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )

    def producer(self, *, is_idempotent: bool, transactional_id: str | None = None) -> Producer:
        """A producer whose sends are acknowledged by every in-sync replica.

        Args:
            is_idempotent: a retry is written once; needs a broker that has producer ids.
            transactional_id: makes the producer transactional, and fences any other with the same id.
        """
        return Producer(
            **self.options,
            acks="all",
            enable_idempotence=is_idempotent,
            transactional_id=transactional_id,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            max_batch_size=MAX_BATCH_BYTES,
            max_request_size=MAX_REQUEST_BYTES,
            # Kafka 4 answers a transaction's first batch with "not yet" now and then.
            retry_backoff_ms=_RETRY_BACKOFF_MS,
        )

    def admin(self) -> Admin:
        """A client that asks about topics, groups and the cluster, and makes topics."""
        return Admin(**self.options, request_timeout_ms=self.admin_timeout_ms)


def _credentials(kafka: KafkaSettings) -> Credentials | None:
    if not kafka.uses_sasl:
        return None
    mechanism, username, password = kafka.sasl_mechanism, kafka.sasl_username, kafka.sasl_password
    if mechanism != "OAUTHBEARER":
        return Credentials(mechanism, username, password or SecretStr(""))
    if kafka.oauth_token_file is not None:
        return Credentials(mechanism, tokens=TokenFile(kafka.oauth_token_file))
    client = Client(username or "", password or SecretStr(""), kafka.oauth_scope)
    tls = _authorities(kafka)
    return Credentials(mechanism, tokens=ClientCredentials(kafka.oauth_token_url or "", client, tls=tls))


def _authorities(kafka: KafkaSettings) -> ssl.SSLContext:
    """A TLS context that trusts the configured authority, and shows no certificate.

    Raises:
        ConfigurationError: the authority's file cannot be read.
    """
    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=str(kafka.ssl_ca_file) if kafka.ssl_ca_file else None
        )
    except OSError as error:
        raise ConfigurationError(f"kafka: cannot read ssl_ca_file {kafka.ssl_ca_file}: {error}") from error
    return context


def _tls_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """The TLS context these settings ask for, None for plaintext.

    Raises:
        ConfigurationError: a file cannot be read, or the key does not fit.
    """
    if kafka.security_protocol not in {"SSL", "SASL_SSL"}:
        return None
    context = _authorities(kafka)
    if kafka.ssl_certificate_file is None:
        return context
    password = kafka.ssl_key_password.get_secret_value() if kafka.ssl_key_password is not None else ""
    try:
        # Always a password: OpenSSL would ask the terminal for a missing one.
        context.load_cert_chain(kafka.ssl_certificate_file, kafka.ssl_key_file, lambda: password)
    except (OSError, ValueError) as error:
        files = " and ".join(str(file) for file in (kafka.ssl_certificate_file, kafka.ssl_key_file) if file)
        raise ConfigurationError(
            f"kafka: cannot use the client certificate in {files}: {error}; check ssl_certificate_file, ssl_key_file "
            "and ssl_key_password"
        ) from error
    return context
