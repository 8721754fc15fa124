"""A JSON Schema of AsyncAPI 3.0, reduced to the parts that our document uses, and closed.

The official schema is not on the package index, and tests need no network.
"""

from typing import Any


def closed_object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def components_of(values: dict[str, Any]) -> dict[str, Any]:
    """A mapping whose keys AsyncAPI allows as names of components."""
    return {
        "type": "object",
        "propertyNames": {"pattern": r"^[\w\d.\-_]+$"},
        "additionalProperties": values,
    }


TEXT = {"type": "string", "minLength": 1}
REFERENCE = closed_object(["$ref"], **{"$ref": {"type": "string", "pattern": "^#/"}})
SCHEMA = {"$ref": "http://json-schema.org/draft-07/schema"}
SERVER = closed_object(
    ["host", "protocol", "description", "variables"],
    host=TEXT,
    protocol={"enum": ["kafka", "kafka-secure"]},
    description=TEXT,
    variables=components_of(
        closed_object(["default", "description"], default=TEXT, description=TEXT)
    ),
    security={"type": "array", "items": REFERENCE},
)
SECURITY_SCHEME = closed_object(
    ["type", "description"], type={"enum": ["scramSha512", "X509"]}, description=TEXT
)
EXAMPLE = closed_object(
    ["name", "headers", "payload"],
    name=TEXT,
    headers={"type": "object"},
    payload={"type": "object"},
)
KAFKA_MESSAGE_BINDING = closed_object(
    ["bindingVersion"], key={"type": "object"}, bindingVersion={"const": "0.5.0"}
)
KAFKA_CHANNEL_BINDING = closed_object(
    ["bindingVersion"],
    topic=TEXT,
    partitions={"type": "integer", "minimum": 1},
    replicas={"type": "integer", "minimum": 1},
    topicConfiguration={
        "type": "object",
        "properties": {
            "cleanup.policy": {
                "type": "array",
                "items": {"enum": ["compact", "delete"]},
            },
            "retention.ms": {"type": "integer", "minimum": -1},
        },
        "additionalProperties": False,
    },
    bindingVersion={"const": "0.5.0"},
)
MESSAGE = closed_object(
    ["name", "payload", "examples"],
    name=TEXT,
    title=TEXT,
    summary=TEXT,
    contentType={"type": "string", "pattern": "^[a-z]+/[a-z+.-]+$"},
    payload=REFERENCE,
    examples={"type": "array", "items": EXAMPLE, "minItems": 1},
    traits={"type": "array", "items": REFERENCE},
    bindings=closed_object(["kafka"], kafka=KAFKA_MESSAGE_BINDING),
)
CHANNEL = closed_object(
    ["address", "messages"],
    address=TEXT,
    description=TEXT,
    messages=components_of(REFERENCE),
    bindings=closed_object(["kafka"], kafka=KAFKA_CHANNEL_BINDING),
)
OPERATION = closed_object(
    ["action", "channel"], action={"enum": ["send", "receive"]}, channel=REFERENCE, summary=TEXT
)

ASYNCAPI_SCHEMA = closed_object(
    ["asyncapi", "info", "servers", "channels", "operations", "components"],
    asyncapi={"const": "3.0.0"},
    info=closed_object(["title", "version"], title=TEXT, version=TEXT, description=TEXT),
    defaultContentType={"const": "application/json"},
    servers=components_of(SERVER),
    channels=components_of(CHANNEL),
    operations=components_of(OPERATION),
    components=closed_object(
        ["schemas", "securitySchemes", "messages"],
        schemas=components_of(SCHEMA),
        securitySchemes=components_of(SECURITY_SCHEME),
        messages=components_of(MESSAGE),
        messageTraits=components_of(closed_object([], headers=SCHEMA)),
    ),
)
