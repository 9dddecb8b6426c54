"""The AsyncAPI 3.0 document: every topic, what it carries, how it is keyed and how long it is kept."""

from collections.abc import Mapping

from schemas import dead_letters
from schemas.events import SCHEMA_VERSION
from schemas.example_values import examples_of
from schemas.topics import DEAD_LETTER_RETENTION_MS, INPUTS, TOPICS, Topic, dead_letter_topic

Document = dict[str, object]

_BINDING_VERSION = "0.5.0"
_SCHEMA_FORMAT = "application/schema+json;version=2020-12"
_DEAD_LETTER = "DeadLetter"
_SERVER: Document = {
    "host": "{bootstrap}",
    "protocol": "kafka",
    "description": "The brokers of REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS. With TLS the protocol is kafka-secure.",
    "variables": {
        "bootstrap": {
            "default": "127.0.0.1:9094",
            "description": "host:port; the default is where docker-compose.yml has it",
        }
    },
}
#: Keys that are not a field of the event, in the words of its fields.
_COMPUTED_KEYS = {"subject_id": "product_id, or request_id where there is none"}


def asyncapi_document(schema_files: Mapping[str, str]) -> Document:
    """Describe the topics of `schemas.topics` from the side of this project.

    Args:
        schema_files: for each contract's name the JSON Schema file beside the document, which it refers to.

    Returns:
        A document of JSON values: a channel a topic and one a dead-letter topic, `receive` operations for
        what a role reads, `send` operations for what one publishes.
    """
    channels: Document = {}
    operations: Document = {}
    messages: Document = {_DEAD_LETTER: _dead_letter_message()}
    for topic in TOPICS:
        contract = topic.contract.__name__
        messages[contract] = _message(topic, schema_files[contract])
        channels[topic.name] = _channel(topic)
        if topic.dead_letters:
            name = dead_letter_topic(topic.name)
            channels[name] = _dead_letter_channel(topic)
            operations[f"receive-{topic.name}"] = _operation("receive", topic.name, contract)
            operations[f"send-{name}"] = _operation("send", name, _DEAD_LETTER)
        if topic not in INPUTS:
            operations[f"send-{topic.name}"] = _operation("send", topic.name, contract)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Reviewstream",
            "version": SCHEMA_VERSION,
            "description": "Reviews and products in; enrichments, summaries, alerts and copy out. "
            "Addresses are the names that topics have unless the installation renames them "
            "(REVIEWSTREAM_KAFKA__TOPIC_PREFIX, REVIEWSTREAM_KAFKA__TOPIC_NAMES). "
            "Readers ignore fields and accept kinds that they do not know; requests may have no unknown field.",
        },
        "servers": {"kafka": _SERVER},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _channel(topic: Topic) -> Document:
    contract = topic.contract.__name__
    configuration: Document = {"cleanup.policy": [topic.cleanup_policy]}
    if topic.retention_ms is not None:
        configuration["retention.ms"] = topic.retention_ms
    gone = " A null record means that its key is gone." if topic.nullable else ""
    return {
        "address": topic.name,
        "description": f"Carries {contract}, keyed by {_key(topic)}.{gone}",
        "messages": {contract: _reference("components", "messages", contract)},
        "bindings": {"kafka": _channel_binding(configuration, topic)},
    }


def _dead_letter_channel(topic: Topic) -> Document:
    return {
        "address": dead_letter_topic(topic.name),
        "description": f"What could not be processed of {topic.name}.",
        "messages": {_DEAD_LETTER: _reference("components", "messages", _DEAD_LETTER)},
        "bindings": {
            "kafka": _channel_binding(
                {"cleanup.policy": ["delete"], "retention.ms": DEAD_LETTER_RETENTION_MS}, topic
            )
        },
    }


def _message(topic: Topic, schema_file: str) -> Document:
    return {
        "name": topic.contract.__name__,
        "contentType": "application/json",
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{schema_file}"}},
        "examples": [{"payload": example} for example in examples_of(topic.contract)],
        "bindings": {"kafka": _message_binding(f"{_key(topic)}, UTF-8 text")},
    }


def _dead_letter_message() -> Document:
    headers: Document = {
        name: {"type": "string", "description": meaning} for name, meaning in dead_letters.HEADERS.items()
    }
    headers[dead_letters.REASON] = {
        "type": "string",
        "description": dead_letters.HEADERS[dead_letters.REASON],
        "enum": [reason.value for reason in dead_letters.DeadLetterReason],
    }
    return {
        "name": _DEAD_LETTER,
        "description": "The raw bytes of the record that was set aside; the headers say why and whence.",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "properties": headers,
            "required": [name for name in headers if name not in dead_letters.OPTIONAL_HEADERS],
        },
        "bindings": {"kafka": _message_binding("the key of the record that was set aside")},
    }


def _key(topic: Topic) -> str:
    return topic.key if topic.key in topic.contract.model_fields else _COMPUTED_KEYS[topic.key]


def _operation(action: str, channel: str, message: str) -> Document:
    return {
        "action": action,
        "channel": _reference("channels", channel),
        "messages": [_reference("channels", channel, "messages", message)],
    }


def _channel_binding(configuration: Document, topic: Topic) -> Document:
    """With the number of partitions only where it is not that of all topics of products, which is configured."""
    own = {} if topic.partitions is None else {"partitions": topic.partitions}
    return {**own, "topicConfiguration": configuration, "bindingVersion": _BINDING_VERSION}


def _message_binding(key: str) -> Document:
    return {"key": {"type": "string", "description": key}, "bindingVersion": _BINDING_VERSION}


def _reference(*path: str) -> Document:
    return {"$ref": "#/" + "/".join(path)}
