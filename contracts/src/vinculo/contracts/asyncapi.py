"""Builds the AsyncAPI 3.0 document: the event models as named schemas, with descriptions.

It has the servers, channels with their writers, message headers, the golden example of each event
type, and closed sets of values.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from vinculo.contracts.catalogue import EVENTS
from vinculo.contracts.credit import EVENT_ID_PATTERN, SOURCE_PATTERN
from vinculo.contracts.envelope import Facts
from vinculo.contracts.event_fields import closed_values, field_description, with_parts
from vinculo.contracts.topic_admin import REVOCATION_RETENTION, UNLIMITED_RETENTION
from vinculo.contracts.topics import ACCESS_REVOCATIONS, PARTITIONS

EXAMPLES: Final = Path(__file__).parents[3] / "examples"
_SCHEMAS: Final = "#/components/schemas/"
_INT32: Final = 2**31
"""Generators for Java take integers without a format as ones of 32 bits."""

DESCRIPTION = """\
Events of customer onboarding, as CloudEvents 1.0 in Kafka's binary mode: the attributes are record
headers, the value is the event's data as JSON.

**Keys.** The record key is the subject's id: the person's, except on onboarding.payers,
onboarding.staff, customer-registry.policies and customer-registry.credit-refusals. The partition is
murmur2 of the key, as Kafka's Java client chooses it. So all events of one subject are in order
within one partition of a topic. There is no order between topics.

**Delivery.** At least once. The versions of a stream (`ce_streamid`, `ce_streamversion`) increase
by one: a version seen before is a duplicate, a skipped version is an error. A version seen before
with a newer `ce_storeepoch` is another history: the store was restored from a backup. Readers
ignore types and fields that they do not know.

**Credit systems.** The registry alone reads credit.loans and credit.applications, strictly: every
header of their trait is required, the key is the subject, values have the published types and
bounds. Unknown fields are ignored, a loan with an unknown status is active, a record of an unknown
type is refused. What is accepted is on customer-registry.credit, what is refused on
customer-registry.credit-refusals.

**Erasure.** Everything personal in an event is encrypted in `personal` (AES-256-GCM) under a key
that belongs to this person only. `record-erased.v1` announces that the key has been destroyed: from
then on no envelope of this person can be decrypted, whether in Kafka, in databases or in backups.
The plain facts remain. On `record-erased.v1`, readers delete what they have stored of decrypted
envelopes. Keys and headers carry ids only.
"""

CHANNELS: dict[str, str] = {
    "onboarding.applications": "A person's application, from registration to completion.",
    "onboarding.document-claims": (
        "Claims to documents that another person's account holds, who is the subject."
    ),
    "onboarding.payers": "The catalogue of payers: employers and pension funds.",
    "onboarding.staff": (
        "Members of staff who sign in by e-mail: invitations, roles, ends, passwords. The subject "
        "is the member."
    ),
    "documents.dossiers": "A person's documents and their review.",
    "customer-registry.customers": "A person's record: status, evaluation, promotion, erasure.",
    "customer-registry.policies": "Published promotion policies.",
    "customer-registry.credit": (
        "What the registry has accepted of credit systems' reports: loans, applications for "
        "credit and limits of a person. A stream has one of them."
    ),
    "customer-registry.credit-refusals": (
        "Records of credit systems that were refused, each once: its place and a reason code, "
        "nothing of its content."
    ),
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

SERVERS: Final[dict[str, Any]] = {
    "internal": {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "The listener of the platform's services, in a private network.",
        "variables": {
            "bootstrap": {
                "default": "127.0.0.1:9092",
                "description": "Host and port, the value of VINCULO_KAFKA.",
            }
        },
    },
    "partners": {
        "host": "{bootstrap}",
        "protocol": "kafka-secure",
        "description": "A TLS listener for credit systems and other readers, which the lender sets "
        "up with an account per system. Its access control lists allow each account to write its "
        "own topics only.",
        "variables": {
            "bootstrap": {
                "default": "kafka.example.com:9093",
                "description": "Host and port, given by the lender.",
            }
        },
        "security": [
            {"$ref": "#/components/securitySchemes/password"},
            {"$ref": "#/components/securitySchemes/certificate"},
        ],
    },
}
SECURITY_SCHEMES: Final[dict[str, Any]] = {
    "password": {
        "type": "scramSha512",
        "description": "SASL/SCRAM-SHA-512 with the name and password of the account.",
    },
    "certificate": {"type": "X509", "description": "A client certificate of the account."},
}


class DocumentInvalidError(Exception):
    """Two models of one name, or an event type without a golden example."""


def _text(description: str, **more: str) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


_KEY = _text("The subject's id.", format="uuid")

_CREDIT_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"],
    "properties": {
        "ce_specversion": {"const": "1.0", "description": "Version of CloudEvents."},
        "ce_id": _text(
            "The event's id; duplicates have the same.", pattern=f"^{EVENT_ID_PATTERN}$"
        ),
        "ce_source": _text("The producer of the event.", pattern=f"^{SOURCE_PATTERN}$"),
        "ce_type": _text("vinculo.<service>.<name>.v<version>"),
        "ce_subject": _text("The person's, member's, payer's or policy's id.", format="uuid"),
        "ce_time": _text("Time of recording.", format="date-time"),
        "ce_dataschema": _text("The $id of the value's schema.", format="uri"),
        "content-type": {"const": "application/json", "description": "Of the value."},
        "traceparent": _text("W3C trace context."),
    },
}

_STREAM_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": [*_CREDIT_HEADERS["required"], "ce_streamid", "ce_streamversion"],
    "properties": {
        **_CREDIT_HEADERS["properties"],
        "ce_id": _text("The event's id; duplicates have the same.", format="uuid"),
        "ce_source": _text("The producer of the event.", format="uri-reference"),
        "ce_streamid": _text("<category>-<id>: the stream that the event belongs to."),
        "ce_streamversion": _text("Starts at 1, increases by one.", pattern="^[1-9][0-9]*$"),
        "ce_correlationid": _text("Id of the first request or event in the chain of causes."),
        "ce_causationid": _text("Id of the event or request that caused this one.", format="uuid"),
        "ce_storeepoch": _text(
            "The epoch of the event store; a restore from a backup begins a new one.",
            pattern="^[1-9][0-9]*$",
        ),
    },
}


def asyncapi_document() -> dict[str, Any]:
    """The document.

    Raises:
        DocumentInvalidError: two models have one name, or an event type has no golden example.

    """
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Vínculo events", "version": "1.0.0", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": SERVERS,
        "channels": {_identifier(topic): _channel(topic) for topic in EVENTS},
        "operations": {f"read-{_identifier(topic)}": _operation(topic) for topic in EVENTS},
        "components": {
            "schemas": _component_schemas(),
            "securitySchemes": SECURITY_SCHEMES,
            "messages": {
                _message_name(topic, event_type): _message(topic, event_type, model)
                for topic, models in EVENTS.items()
                for event_type, model in models.items()
            },
            "messageTraits": {
                "stream-event": {"headers": _STREAM_HEADERS},
                "credit-event": {"headers": _CREDIT_HEADERS},
            },
        },
    }


def _channel(topic: str) -> dict[str, Any]:
    names = [_message_name(topic, event_type) for event_type in EVENTS[topic]]
    return {
        "address": topic,
        "description": f"{CHANNELS[topic]} Written by {_writer(topic)} only.",
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


def _writer(topic: str) -> str:
    if topic == ACCESS_REVOCATIONS:
        return "the onboarding and customer-registry services"
    service = topic.partition(".")[0]
    return "credit systems" if service == "credit" else f"the {service} service"


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
        "payload": {"$ref": _SCHEMAS + model.__name__},
        "traits": [{"$ref": f"#/components/messageTraits/{trait}"}],
        "bindings": {"kafka": {"key": _KEY, "bindingVersion": "0.5.0"}},
        "examples": [_example(topic, event_type)],
    }
    summary = _own_text(model).partition("\n")[0]
    return {**message, "summary": summary} if summary else message


def _example(topic: str, event_type: str) -> dict[str, Any]:
    path = EXAMPLES / topic / f"{event_type}.json"
    if not path.exists():
        raise DocumentInvalidError(f"{topic} {event_type} has no golden example {path.name}")
    record = json.loads(path.read_text(encoding="utf-8"))
    return {"name": event_type, "headers": record["headers"], "payload": record["value"]}


def _component_schemas() -> dict[str, Any]:
    """The schemas of all models by class name, from which code generators name their types."""
    models: dict[str, type[BaseModel]] = {}
    for types in EVENTS.values():
        for event in types.values():
            for model in with_parts(event):
                if models.setdefault(model.__name__, model) is not model:
                    raise DocumentInvalidError(f"two models are named {model.__name__}")
    return {name: _model_schema(models[name]) for name in sorted(models)}


def _model_schema(model: type[BaseModel]) -> dict[str, Any]:
    """With the description of each field and the values of closed ones."""
    schema = model.model_json_schema(mode="serialization", ref_template=_SCHEMAS + "{model}")
    enumerations = {
        _SCHEMAS + name: part for name, part in schema.pop("$defs", {}).items() if "enum" in part
    }
    text = _own_text(model)
    described = {"title": model.__name__, **({"description": text} if text else {})}
    properties = {
        name: {
            **_named(field, enumerations, closed_values(model, name)),
            "description": field_description(model, name),
        }
        for name, field in schema.get("properties", {}).items()
    }
    return {**schema, **described, "properties": properties}


def _named(
    field: dict[str, Any], enumerations: dict[str, Any], closed: type[StrEnum] | None
) -> dict[str, Any]:
    """The field with enumerations inline, because AsyncAPI ignores a description beside `$ref`.

    Only models and enumerations have titles, from which generators name types.
    """
    if "anyOf" in field:
        parts = [_named(part, enumerations, closed) for part in field["anyOf"]]
        return {**_untitled(field), "anyOf": parts}
    if closed and field.get("type") == "string":
        return {
            **_untitled(field),
            "title": closed.__name__,
            "enum": [each.value for each in closed],
        }
    if enumeration := enumerations.get(field.get("$ref", "")):
        return {key: value for key, value in enumeration.items() if key != "description"}
    if field.get("type") == "integer" and field.get("maximum", _INT32) >= _INT32:
        return {**_untitled(field), "format": "int64"}
    return _untitled(field)


def _untitled(field: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in field.items() if key != "title"}


def _own_text(model: type[BaseModel]) -> str:
    """The docstring of this class, not of its base, in one line per paragraph."""
    text = vars(model).get("__doc__") or ""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _identifier(topic: str) -> str:
    return topic.replace(".", "-")


def _message_name(topic: str, event_type: str) -> str:
    return f"{topic.partition('.')[0]}.{event_type}"
