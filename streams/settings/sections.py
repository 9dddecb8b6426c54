"""Every setting by concern: its default, its bounds, and what it means."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from schemas.fields import SentimentLabel
from schemas.topics import expiring_topics
from streams.settings.secrets import url_problem

Device = Literal["auto", "cpu", "cuda", "mps"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]


class DeliveryGuarantee(StrEnum):
    """How a role hands its outputs, its tables and its committed offsets over."""

    AUTO = "auto"
    EXACTLY_ONCE = "exactly_once"
    AT_LEAST_ONCE = "at_least_once"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(_Section):
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


class RedisSettings(_Section):
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


class ModelSettings(_Section):
    """Which networks answer, and on what."""

    readers: dict[str, str] = Field(
        {"en": "builtin:minilm-reviews-en", "zh": "builtin:ngram-reviews-zh"},
        min_length=1,
        description="who reads which language (ISO 639-1; * for all others), as JSON: builtin:NAME, "
        "path:/directory or hf:organisation/name@revision",
    )
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], ...] = Field(
        ("en",),
        description="that the shop's reviews are mostly in (ISO 639-1), the usual one first, as JSON: short texts are "
        "in one of them unless their words tell another, and what nothing tells is in the first",
    )
    labels: dict[str, SentimentLabel] | None = Field(
        None, description='what a path: or hf: model\'s labels mean, as JSON: {"LABEL_0": "negative", ...}'
    )
    generators: dict[str, str] = Field(
        {"en": "builtin:smollm2-135m-instruct"},
        description="who phrases summaries in which language (en, zh), as JSON, each named like a reader; "
        "{}: nobody, they are counted and quoted",
    )
    adapters: dict[str, Path] = Field(
        {},
        description="directory of the adapter that `train generator` wrote, by the generator's language, as JSON; "
        "built-in generators have their own",
    )
    device: Device = "auto"
    dtype: Dtype = "auto"
    threads: int | None = Field(
        None, ge=1, le=512, description="cores of the CPU to compute on, a forward pass each; empty: all"
    )
    cache: Path | None = Field(
        None,
        description="where built-in generators are kept once they are converted; empty: reviewstream/models in "
        "XDG_CACHE_HOME, or in ~/.cache",
    )

    @property
    def cache_directory(self) -> Path:
        """The directory of `cache`."""
        caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
        return (self.cache or caches / "reviewstream" / "models").expanduser()


class PrivacySettings(_Section):
    """What is done to personal data in what is published."""

    mask_personal_data: bool = Field(True, description="that of people, see docs/texts.md")
    mask_dead_letters: bool = Field(False, description="dead letters too; a retry publishes masked text")


class LaneSettings(_Section):
    """How reviews are batched on their way through the device."""

    max_batch_tokens: int | None = Field(
        None,
        ge=16,
        description="tokens of one forward pass, padding included; empty: 1024 on a CPU, 16384 on a GPU",
    )
    max_batch_reviews: int = Field(256, ge=1, description="reviews of one forward pass")
    forward_timeout_s: float = Field(60.0, gt=0, description="after which a forward pass counts as hung")
    max_waiting_tokens: int = Field(16_384, ge=1024, description="tokenised and not yet forwarded")


class ChunkSettings(_Section):
    """How much is read ahead, and how long a rebalance or a stop waits for what is in flight."""

    max_records: int = Field(2048, ge=1, le=100_000, description="records of one fetch")
    max_in_flight_records: int = Field(8192, ge=1, description="between fetch and acknowledgement, at most")
    in_flight_s: float = Field(
        3.0, gt=0, le=300, description="seconds of work in flight: fewer records where the model is slow"
    )
    drain_timeout_s: float = Field(
        5.0, ge=0, le=300, description="how long a rebalance or a stop waits for what is in flight"
    )
    commit_interval_s: float = Field(0.25, gt=0, le=60, description="at least once: between commits")


class StateSettings(_Section):
    """Where tables are on disk, and how much memory they take."""

    directory: Path = Field(
        Path("state"), description="of the tables; every worker has its own below it, and finds it again"
    )
    cache_bytes: int = Field(
        64 * 1024 * 1024, ge=1024 * 1024, description="of memory for all tables of a worker"
    )
    cached_products: int = Field(
        5000, ge=1, description="products that a worker keeps decoded, some 15 kB each"
    )


class RollingSettings(_Section):
    """When a product's summary is published, its text written anew, and how often."""

    tick_s: float = Field(1.0, gt=0, le=60, description="between two looks at what waits for its time")
    prompt_summaries: int = Field(
        200,
        ge=0,
        description="products of a chunk whose summary is published with it; others with the next ticks",
    )
    tick_summaries: int = Field(
        1000,
        ge=1,
        description="summaries that a partition publishes with one tick; a twentieth under a backlog",
    )
    first_reviews: int = Field(5, ge=1, description="a product's text is first written at so many reviews")
    growth: float = Field(0.2, gt=0, description="share of new reviews that makes a text old")
    shrinkage: float = Field(0.05, gt=0, le=1, description="share of reviews gone or edited that does")
    shift: float = Field(
        0.15, gt=0, le=1, description="change in the mix of polarities or aspects that does (total variation)"
    )
    max_age_s: float = Field(7 * 86_400.0, gt=0, description="how long anything new may wait, in seconds")
    refreshes_per_minute: int = Field(60, ge=1, description="a worker asks for so many texts at most")


class GenerationSettings(_Section):
    """How summaries are phrased, and how long that may take."""

    batch_snapshots: int = Field(12, ge=1, le=1000, description="products whose texts are written together")
    batch_s: float = Field(
        60.0, gt=0, le=600, description="for these; what is not phrased by then is counted and quoted"
    )
    samples: int = Field(4, ge=1, le=32, description="phrases to choose from, for every sentence")
    seed: int = Field(0, ge=0, description="the same requests with the same seed give the same phrases")


class ServingSettings(_Section):
    """What the serving role keeps in Redis, and how it answers."""

    token: SecretStr | None = Field(
        None, description="bearer token that requests for products must have; empty: none is asked for"
    )
    key_prefix: str = Field(
        "reviewstream:",
        pattern=r"^\S{1,100}$",
        description="of every key in Redis; {shop}: on a Redis Cluster",
    )
    stale_after_s: float = Field(
        30.0, gt=0, le=86_400, description="not at the end of product-summary for longer: answers are stale"
    )
    rebuild_after_s: float = Field(
        43_200.0,
        ge=60,
        description="away from product-summary for longer: fill Redis again; keep below its delete.retention.ms",
    )
    batch_records: int = Field(200, ge=1, le=5_000, description="records written to Redis at once, at most")
    redis_timeout_s: float = Field(1.0, gt=0, le=60, description="after which Redis counts as away")
    cached_products: int = Field(10_000, ge=1, description="products kept in memory for when Redis is away")
    cached_megabytes: int = Field(128, ge=1, description="what they may take together")
    max_age_s: int = Field(
        1, ge=0, le=86_400, description="Cache-Control: max-age of an answer that is not stale"
    )


class HttpSettings(_Section):
    """The worker's own pages: health, readiness, metrics; of the serving role products, too."""

    host: str = Field("127.0.0.1", description="where a worker's pages listen")
    port: int = Field(
        8600, ge=0, le=65_000, description="of serve; enrich listens on port + 1, ...; 0: any free port"
    )


class LogSettings(_Section):
    """What is written to standard error, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )
    format: Literal["auto", "console", "json"] = Field(
        "auto", description="console, json; auto: console on a terminal, else json"
    )
