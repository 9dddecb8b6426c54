"""Every setting of a process: sections by concern, and the environment they are read from."""

from streams.settings.environment import PREFIX, Settings, load, variables
from streams.settings.sections import (
    ChunkSettings,
    DeliveryGuarantee,
    Device,
    Dtype,
    GenerationSettings,
    HttpSettings,
    KafkaSettings,
    LaneSettings,
    LogSettings,
    ModelSettings,
    PrivacySettings,
    RedisSettings,
    RollingSettings,
    ServingSettings,
    StateSettings,
)

__all__ = [
    "PREFIX",
    "ChunkSettings",
    "DeliveryGuarantee",
    "Device",
    "Dtype",
    "GenerationSettings",
    "HttpSettings",
    "KafkaSettings",
    "LaneSettings",
    "LogSettings",
    "ModelSettings",
    "PrivacySettings",
    "RedisSettings",
    "RollingSettings",
    "ServingSettings",
    "Settings",
    "StateSettings",
    "load",
    "variables",
]
