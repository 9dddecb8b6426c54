"""The settings of the servers that a process talks to: where they are, how to be let in, what topics are like."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from schemas.topics import expiring_topics
from streams.settings.secrets import url_problem
from streams.settings.section import Section
from streams.settings.topic_names import TopicNames


class KafkaSettings(Section):
    """Where the brokers are, how to be let in, and how topics are made."""

    bootstrap_servers: str | None = Field(
        None, description="host:port, comma separated; empty: an embedded broker is started"
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = "SCRAM-SHA-512"
    sasl_username: str | None = Field(
        None, description="for the SASL protocols; with oauth_token_url, the client's id"
    )
    sasl_password: SecretStr | None = Field(
        None, description="for the SASL protocols; with oauth_token_url, the client's secret"
    )
    oauth_token_file: Path | None = Field(
        None, description="for OAUTHBEARER: file with a token, read at every connection"
    )
    oauth_token_url: str | None = Field(
        None,
        pattern="^https?://[^@]+$",
        description="for OAUTHBEARER: the provider's token endpoint, asked for client credentials",
    )
    oauth_scope: str | None = Field(None, description="asked of oauth_token_url")
    ssl_ca_file: Path | None = Field(None, description="PEM file of the authority; empty: the system's")
    ssl_certificate_file: Path | None = Field(
        None, description="PEM file of our own certificate, for brokers that want one (mTLS)"
    )
    ssl_key_file: Path | None = Field(None, description="PEM file of its key; empty: in ssl_certificate_file")
    ssl_key_password: SecretStr | None = Field(None, description="of the key, if it is encrypted")
    partitions: int = Field(4, ge=1, le=1000, description="of every topic: equal, so that keys meet")
    replication_factor: int = Field(1, ge=1, le=9, description="of every topic; 3 on a cluster")
    topic_prefix: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]{0,100}$",
        description="before the name of every topic: shop. makes shop.new-review",
    )
    topic_names: dict[str, str] = Field(
        {},
        description='a topic\'s whole name on the broker, by its name here, as JSON: {"new-review": "shop.reviews"}; '
        "its dead letters are in shop.reviews.dlq",
    )
    retention_days: dict[str, Annotated[float, Field(gt=0, le=36_500)]] = Field(
        {},
        description='how long a topic\'s records are kept, by topic, as JSON: {"new-review": 30}; '
        "others as `topics list` shows",
    )
    session_timeout_s: float = Field(
        10.0, ge=1, le=300, description="after which a silent worker's partitions go to others"
    )
    group_prefix: str = Field(
        "reviewstream", min_length=1, max_length=100, description="consumer groups are named PREFIX-ROLE"
    )
    fetch_max_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="per partition and request")
    fetch_wait_ms: int = Field(
        100, ge=1, le=10_000, description="the longest that records are gathered for a fetch"
    )

    @property
    def names(self) -> TopicNames:
        """What the topics are named on the broker."""
        return TopicNames(self.topic_prefix, self.topic_names)

    @property
    def uses_sasl(self) -> bool:
        """Whether the brokers want a user name and a password, or a token."""
        return self.security_protocol.startswith("SASL")

    @model_validator(mode="after")
    def _sasl_has_credentials(self) -> Self:
        has_credentials = self.sasl_username is not None and self.sasl_password is not None
        if self.uses_sasl and self.sasl_mechanism == "OAUTHBEARER":
            has_tokens = self.oauth_token_url is not None and has_credentials
            if self.oauth_token_file is None and not has_tokens:
                raise ValueError(
                    "sasl_mechanism OAUTHBEARER needs oauth_token_file, or oauth_token_url with sasl_username and "
                    "sasl_password"
                )
        elif self.uses_sasl and not has_credentials:
            raise ValueError(
                f"security_protocol {self.security_protocol} needs sasl_username and sasl_password"
            )
        return self

    @model_validator(mode="after")
    def _retention_is_of_topics_that_expire(self) -> Self:
        expiring = expiring_topics()
        for name in self.retention_days:
            if name not in expiring:
                raise ValueError(f"retention_days: wanted one of {', '.join(expiring)}; got {name!r}")
        return self

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        problem = self.names.problem()
        if problem is not None:
            raise ValueError(problem)
        return self


class RedisSettings(Section):
    """Where the serving store is."""

    url: SecretStr | None = Field(
        None,
        description="redis://user:password@host:port/number, / in a password as %2F; empty: an embedded Valkey",
    )

    @field_validator("url")
    @classmethod
    def _is_readable(cls, url: SecretStr | None) -> SecretStr | None:
        problem = url_problem(url.get_secret_value()) if url is not None else None
        if problem is not None:
            raise ValueError(problem)
        return url
