"""Why a broker does not let us in: a client library says only that there is no connection."""

import asyncio
import contextlib
import ssl
from typing import Any

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.kafka.clients import close_connections
from streams.kafka.connection import Credentials, KafkaConnection
from streams.kafka.tokens import TokenError

#: For all brokers together, and for each of them.
_TIMEOUT_S = 5.0
_STEP_TIMEOUT_S = 2.0
_CA_FILE = "REVIEWSTREAM_KAFKA__SSL_CA_FILE"
_PROTOCOL = "REVIEWSTREAM_KAFKA__SECURITY_PROTOCOL"
_MECHANISM = "REVIEWSTREAM_KAFKA__SASL_MECHANISM"


async def refusal(connection: KafkaConnection) -> str | None:
    """What the first broker that answers has against us, and what to do; None if nothing, or if none answers soon."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_TIMEOUT_S):
            for server in connection.bootstrap_servers.split(","):
                reason = await _refusal_of(server.strip(), connection)
                if reason is not None:
                    return reason
    return None


async def _refusal_of(server: str, connection: KafkaConnection) -> str | None:
    host, _, port = server.rpartition(":")
    try:
        await _log_in(connection, host.strip("[]"), int(port))
    except (OSError, ValueError, EOFError, KafkaError) as error:
        return _explained(error, connection)
    return None


async def _log_in(connection: KafkaConnection, host: str, port: int) -> None:
    options: dict[str, Any] = {
        name: value for name, value in connection.options.items() if name != "bootstrap_servers"
    }
    connected = await create_conn(host, port, request_timeout_ms=int(_STEP_TIMEOUT_S * 1000), **options)
    try:
        # Who may not come in is let talk about versions, and no further.
        cluster = await connected.send(MetadataRequest([]))
        # The library takes the reasons against a token for a welcome, and what follows them for a cluster of nobody.
        if (
            connection.credentials is not None
            and connection.credentials.tokens is not None
            and not cluster.brokers
        ):
            raise SaslAuthenticationFailed
    finally:
        await close_connections([connected])


def _explained(error: Exception, connection: KafkaConnection) -> str | None:
    if isinstance(error, ssl.SSLError):
        return _of_tls(error)
    if isinstance(error, TokenError):
        return str(error.args[0])
    if connection.credentials is not None and (reason := _of_sasl(error, connection.credentials)):
        return reason
    if isinstance(error, IllegalSaslStateError | KafkaConnectionError | EOFError | ConnectionResetError):
        if connection.credentials is not None and connection.credentials.tokens is not None:
            return "it closes the connection behind the token (OAUTHBEARER); check that it is right, and not expired"
        return (
            f"it closes the connection when we speak {connection.security_protocol}; set {_PROTOCOL} to what this port "
            "speaks (TLS or not, SASL or not), and the client certificate if it wants one"
        )
    return None


def _of_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({error.verify_message}); set {_CA_FILE} to the PEM file of its "
            "authority, and use the host name that the certificate is for"
        )
    return (
        f"it does not speak TLS with us ({error.reason or error}); set {_PROTOCOL} to what this port speaks, "
        "and the client certificate if it wants one"
    )


def _of_sasl(error: Exception, credentials: Credentials) -> str | None:
    mechanism = credentials.mechanism
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"it does not offer {mechanism}; set {_MECHANISM} to one that it offers"
    if isinstance(error, SaslAuthenticationFailed | AuthenticationFailedError):
        return f"it refuses us ({mechanism}); check that user name and password, or the token, are right"
    return None
