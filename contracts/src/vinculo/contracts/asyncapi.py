"""Builds the AsyncAPI 3.0 document from the event models: channels, messages, headers, erasure."""

from collections.abc import Mapping
from typing import Any

from vinculo.contracts.catalogue import EVENTS
from vinculo.contracts.envelope import Facts
from vinculo.contracts.schemas import schema_of
from vinculo.contracts.topic_admin import REVOCATION_RETENTION, UNLIMITED_RETENTION
from vinculo.contracts.topics import ACCESS_REVOCATIONS, PARTITIONS

JSON_SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"

DESCRIPTION = """\
Events of customer onboarding, as CloudEvents 1.0 in Kafka's binary mode: the attributes are record
headers, the value is the event's data as JSON.

**Keys.** The record key is the subject's id: the person's, except on onboarding.payers and
customer-registry.policies. So all events of one subject are in order within one partition of a
topic. There is no order between topics.

**Delivery.** At least once. The versions of a stream (`ce_streamid`, `ce_streamversion`) increase
by one: a version seen before is a duplicate, a skipped version is an error. Readers ignore types
and fields that they do not know.

**Erasure.** Everything personal in an event is encrypted in `personal` (AES-256-GCM) under a key
that belongs to this person only. `record-erased.v1` announces that the key has been destroyed: from
then on no envelope of this person can be decrypted, whether in Kafka, in databases or in backups.
The plain facts remain. On `record-erased.v1`, readers delete what they have stored of decrypted
envelopes. Keys and headers carry ids only.
"""

CHANNELS: dict[str, str] = {
    "onboarding.applications": "A person's application, from registration to completion.",
    "onboarding.payers": "The catalogue of payers: employers and pension funds.",
    "documents.dossiers": "A person's documents and their review.",
    "customer-registry.customers": "A person's record: status, evaluation, promotion, erasure.",
    "customer-registry.policies": "Published promotion policies.",
    "notifications.messages": "Messages to people: queued, sent, failed.",
    "access.revocations": (
        "Access tokens that are refused before they expire. Kept for 24 hours; readers read it "
        "whole when they start. The source is the writer: onboarding or the registry, each with "
        "streams of its own."
    ),
    "credit.loans": "Loans reported by credit systems. Each event has the full state of the loan.",
    "credit.applications": (
        "Credit applications reported by credit systems. Each event has the full state."
    ),
}


def _text(description: str, **more: str) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


_KEY = _text("The subject's id.", format="uuid")

_CREDIT_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": _text("The event's id; duplicates have the same.", format="uuid"),
        "ce_source": _text("The producer of the event.", format="uri-reference"),
        "ce_type": _text("vinculo.<service>.<name>.v<version>"),
        "ce_subject": _text("The person's, payer's or policy's id.", format="uuid"),
        "ce_time": _text("Time of recording.", format="date-time"),
        "ce_dataschema": _text("The $id of the value's schema.", format="uri"),
        "content-type": {"const": "application/json"},
        "traceparent": _text("W3C trace context."),
    },
}

_STREAM_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": [*_CREDIT_HEADERS["required"], "ce_streamid", "ce_streamversion"],
    "properties": {
        **_CREDIT_HEADERS["properties"],
        "ce_streamid": _text("<category>-<id>: the stream that the event belongs to."),
        "ce_streamversion": _text("Starts at 1, increases by one.", pattern="^[1-9][0-9]*$"),
        "ce_correlationid": _text("Id of the first request or event in the chain of causes."),
        "ce_causationid": _text("Id of the event or request that caused this one.", format="uuid"),
    },
}


def asyncapi_document() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Vínculo events", "version": "1.0.0", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {_identifier(topic): _channel(topic) for topic in EVENTS},
        "operations": {f"read-{_identifier(topic)}": _operation(topic) for topic in EVENTS},
        "components": {
            "messages": {
                _message_name(topic, event_type): _message(topic, event_type, model)
                for topic, models in EVENTS.items()
                for event_type, model in models.items()
            },
            "messageTraits": {
                "stream-event": {"headers": _schema(_STREAM_HEADERS)},
                "credit-event": {"headers": _schema(_CREDIT_HEADERS)},
            },
        },
    }


def _channel(topic: str) -> dict[str, Any]:
    names = [_message_name(topic, event_type) for event_type in EVENTS[topic]]
    return {
        "address": topic,
        "description": CHANNELS[topic],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": int(_retention(topic)["retention.ms"]),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _retention(topic: str) -> Mapping[str, str]:
    return REVOCATION_RETENTION if topic == ACCESS_REVOCATIONS else UNLIMITED_RETENTION


def _operation(topic: str) -> dict[str, Any]:
    """The action from the platform's view: services send, and receive from credit systems."""
    return {
        "action": "receive" if topic.startswith("credit.") else "send",
        "channel": {"$ref": f"#/channels/{_identifier(topic)}"},
        "summary": CHANNELS[topic],
    }


def _message(topic: str, event_type: str, model: type[Facts]) -> dict[str, Any]:
    trait = "credit-event" if topic.startswith("credit.") else "stream-event"
    message = {
        "name": f"vinculo.{topic.partition('.')[0]}.{event_type}",
        "title": model.__name__,
        "contentType": "application/json",
        "payload": _schema(self_contained(schema_of(topic, event_type, model))),
        "traits": [{"$ref": f"#/components/messageTraits/{trait}"}],
        "bindings": {"kafka": {"key": _KEY, "bindingVersion": "0.5.0"}},
    }
    summary = (model.__doc__ or "").strip().partition("\n")[0] if "__doc__" in vars(model) else ""
    return {**message, "summary": summary} if summary else message


def self_contained(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with every reference replaced by the definition.

    Inside a larger document `#/$defs/…` would point outside the schema. It terminates because no
    event model contains itself.
    """
    definitions = schema.get("$defs", {})

    def inlined(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
        if isinstance(part, list):
            return [inlined(item) for item in part]
        if not isinstance(part, dict):
            return part
        name = part.get("$ref", "").removeprefix("#/$defs/")
        target = definitions[name] if name else {}
        return {key: inlined(value) for key, value in {**target, **part}.items() if key != "$ref"}

    return {
        key: inlined(value)
        for key, value in schema.items()
        if key not in {"$defs", "$id", "$schema"}
    }


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"schemaFormat": JSON_SCHEMA_FORMAT, "schema": schema}


def _identifier(topic: str) -> str:
    return topic.replace(".", "-")


def _message_name(topic: str, event_type: str) -> str:
    return f"{topic.partition('.')[0]}.{event_type}"
