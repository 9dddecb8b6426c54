"""The one place that reads the environment: every setting, read once and checked at start."""

import difflib
import json
import os
from collections.abc import Iterable, Iterator
from typing import get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from streams.errors import ConfigurationError
from streams.settings.sections import (
    ChunkSettings,
    DeliveryGuarantee,
    GenerationSettings,
    HttpSettings,
    LaneSettings,
    LogSettings,
    ModelSettings,
    PrivacySettings,
    RollingSettings,
    ServingSettings,
    StateSettings,
)
from streams.settings.servers import KafkaSettings, RedisSettings

PREFIX = "REVIEWSTREAM_"


class Settings(BaseSettings):
    """Every setting of a Reviewstream process, read once at start from `REVIEWSTREAM_*`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True
    )

    delivery: DeliveryGuarantee = Field(
        DeliveryGuarantee.AUTO,
        description="of every role that publishes; auto: exactly_once where the broker can, else at_least_once",
    )
    kafka: KafkaSettings = KafkaSettings()
    redis: RedisSettings = RedisSettings()
    model: ModelSettings = ModelSettings()
    privacy: PrivacySettings = PrivacySettings()
    lane: LaneSettings = LaneSettings()
    chunk: ChunkSettings = ChunkSettings()
    state: StateSettings = StateSettings()
    rolling: RollingSettings = RollingSettings()
    generation: GenerationSettings = GenerationSettings()
    serving: ServingSettings = ServingSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()


def variables(section: type[BaseModel] = Settings, prefix: str = PREFIX) -> Iterator[tuple[str, str, str]]:
    """Yield (variable, default, description) of every setting, for the documentation and the spelling check."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        nested = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
        if nested is not None:
            yield from variables(nested, f"{prefix}{name.upper()}__")
        else:
            choices = get_args(kind) if str(kind).startswith("typing.Literal") else ()
            described = field.description or ", ".join(map(str, choices))
            default = "" if field.default is None else str(field.default)
            if isinstance(field.default, dict | tuple):
                default = json.dumps(field.default)
            yield f"{prefix}{name.upper()}", default, described


def load() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigurationError: a variable with our prefix is unknown, or a value does not fit.
    """
    known = [name for name, _, _ in variables()]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            raise ConfigurationError(f"settings: unknown variable {name}; {hint}")
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError(_describe(error)) from error
    except SettingsError as error:  # pydantic-settings names the section, not the variable
        raise ConfigurationError(
            f'settings: {" or ".join(_no_json(known))}: wanted JSON, such as {{"en": "..."}} or ["en"]'
        ) from error


def _no_json(known: Iterable[str]) -> Iterator[str]:
    for name in known:
        value = os.environ.get(name, "")
        if (
            name.rpartition("__")[2]
            in {"READERS", "LANGUAGES", "LABELS", "GENERATORS", "ADAPTERS", "RETENTION_DAYS", "TOPIC_NAMES"}
            and value
        ):
            try:
                json.loads(value)
            except ValueError:
                yield name


def _describe(error: ValidationError) -> str:
    problems = []
    for problem in error.errors(include_url=False, include_input=False):
        variable = PREFIX + "__".join(str(part).upper() for part in problem["loc"])
        problems.append(f"{variable}: {problem['msg'].removeprefix('Value error, ')}")
    return "settings: " + "; ".join(problems)
