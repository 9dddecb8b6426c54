"""Every setting of a process: sections by concern, and the environment they are read from."""

from streams.settings.environment import PREFIX, Settings, load, variables
from streams.settings.sections import (
    ChunkSettings,
    DeliveryGuarantee,
    Device,
    Dtype,
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
from streams.settings.topic_names import TopicNames

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
    "TopicNames",
    "load",
    "variables",
]
