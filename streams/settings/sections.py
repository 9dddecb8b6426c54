"""The settings of what a process does, by concern: default, bounds, and what each means."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from schemas.fields import SentimentLabel
from streams.settings.origins import Origins
from streams.settings.section import Section

Device = Literal["auto", "cpu", "cuda", "mps"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]


class DeliveryGuarantee(StrEnum):
    """How a role hands its outputs, its tables and its committed offsets over."""

    AUTO = "auto"
    EXACTLY_ONCE = "exactly_once"
    AT_LEAST_ONCE = "at_least_once"


class ModelSettings(Section):
    """Which networks answer, and on what."""

    readers: dict[str, str] = Field(
        {"en": "builtin:reviews-en", "zh": "builtin:reviews-zh"},
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
    least_confidence: float = Field(
        0.3,
        ge=0,
        le=1,
        description="of an opinion that counts, in tables, texts and alerts; a less sure one stays in the event of its "
        "review, with `counted` false. Lower finds more and errs more: the model cards "
        "have the curve",
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


class PrivacySettings(Section):
    """What is done to personal data in what is published."""

    mask_personal_data: bool = Field(True, description="that of people, see docs/texts.md")
    mask_dead_letters: bool = Field(False, description="dead letters too; a retry publishes masked text")


class LaneSettings(Section):
    """How reviews are batched on their way through the device."""

    max_batch_tokens: int | None = Field(
        None,
        ge=16,
        description="tokens of one forward pass, padding included; empty: 1024 on a CPU, 16384 on a GPU",
    )
    max_batch_reviews: int = Field(256, ge=1, description="reviews of one forward pass")
    forward_timeout_s: float = Field(60.0, gt=0, description="after which a forward pass counts as hung")
    max_waiting_tokens: int = Field(16_384, ge=1024, description="tokenised and not yet forwarded")


class ChunkSettings(Section):
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


class StateSettings(Section):
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


class RollingSettings(Section):
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


class GenerationSettings(Section):
    """How summaries are phrased, and how long that may take."""

    batch_snapshots: int = Field(12, ge=1, le=1000, description="products whose texts are written together")
    batch_s: float = Field(
        60.0, gt=0, le=600, description="for these; what is not phrased by then is counted and quoted"
    )
    samples: int = Field(4, ge=1, le=32, description="phrases to choose from, for every sentence")
    seed: int = Field(0, ge=0, description="the same requests with the same seed give the same phrases")


class ServingSettings(Section):
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


class HttpSettings(Section):
    """The worker's own pages: health, readiness, metrics; of the serving role products, too."""

    host: str = Field("127.0.0.1", description="where a worker's pages listen")
    port: int = Field(
        8600, ge=0, le=65_000, description="of serve; enrich listens on port + 1, ...; 0: any free port"
    )
    gzip_bytes: int = Field(1024, ge=0, description="answers on products are packed from this size; 0: never")
    cors_origins: Origins = Field((), description='whose pages may ask in a browser, as JSON; ["*"]: all')


class LogSettings(Section):
    """What is written to standard error, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error"
    )
    format: Literal["auto", "console", "json"] = Field(
        "auto", description="console, json; auto: console on a terminal, else json"
    )
