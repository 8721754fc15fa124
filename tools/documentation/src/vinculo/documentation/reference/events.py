"""The reference of events: topics, keys, writers, readers, types, fields and golden examples."""

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vinculo.contracts import topics
from vinculo.contracts.asyncapi import CHANNELS
from vinculo.contracts.catalogue import EVENTS
from vinculo.contracts.envelope import Envelope
from vinculo.contracts.event_fields import field_description, personal_parts, with_parts
from vinculo.documentation.markdown import code, table

INTRODUCTION: Final = f"""\
# Events

Events are CloudEvents 1.0 in Kafka's binary mode: the attributes are record headers, the value is
JSON. Readers ignore types and fields that they do not know. `VINCULO_TOPIC_PREFIX` precedes every
name.

## Topics

Every topic has {topics.PARTITIONS} partitions and keeps its records, but for `access.revocations`.

"""
PERSONAL_PARTS: Final = """
## Personal parts

The field `personal` is an envelope: AES-256-GCM under the person's key, with version `v`, key name
`kid`, nonce `n` and ciphertext `ct`. Decrypted, it has the fields of one of these.
"""
EXAMPLES: Final = Path("contracts/examples")
CREDIT_SYSTEMS: Final = "credit systems"
PERSON: Final = "the person's id"
KEYS: Final[Mapping[str, str]] = {
    topics.ONBOARDING_PAYERS: "the payer's id",
    topics.CUSTOMER_REGISTRY_POLICIES: "the policy's id",
    topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS: "the refusal's id",
    topics.ACCESS_REVOCATIONS: "the id of the person or member of staff",
}
_CONSUMERS: Final = (
    "consumers/*consumer.py",
    "person_document/sections.py",
    "projector/event_sources.py",
)
_TOPIC: Final = re.compile(r"\btopics\.([A-Z_]+)\b")
_PUBLISHED: Final = re.compile(r'"[a-z-]+": topics\.([A-Z_]+)\b')


def writers(root: Path) -> dict[str, tuple[str, ...]]:
    """The services that publish to each topic, read from their `storage/streams.py`."""
    found = _mentions(root, "storage/streams.py", _PUBLISHED)
    return {
        topic: (CREDIT_SYSTEMS,) if topic.startswith("credit.") else found.get(topic, ())
        for topic in EVENTS
    }


def readers(root: Path) -> dict[str, tuple[str, ...]]:
    """The services that consume each topic, read from their consumers.

    Revocations are read by API processes, which have no consumer, and refusals by credit systems.
    """
    found: dict[str, set[str]] = {topic: set() for topic in EVENTS}
    for file in _CONSUMERS:
        for topic, services in _mentions(root, file, _TOPIC).items():
            found[topic].update(services)
    return {topic: tuple(sorted(services)) for topic, services in found.items()} | {
        topics.ACCESS_REVOCATIONS: _guarded_services(root),
        topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS: (CREDIT_SYSTEMS,),
    }


def _guarded_services(root: Path) -> tuple[str, ...]:
    """The services whose API refuses revoked tokens."""
    return tuple(
        path.relative_to(root).parts[1]
        for path in sorted(root.glob("services/*/src/vinculo/*/main.py"))
        if "RevocationReader" in path.read_text("utf-8")
    )


def events_page(root: Path) -> str:
    """The overview; each topic has a page."""
    written, read = writers(root), readers(root)
    rows = [
        [
            f"[`{topic}`](events/{topic}.md)",
            CHANNELS[topic],
            KEYS.get(topic, PERSON),
            ", ".join(written[topic]),
            ", ".join(read[topic]),
        ]
        for topic in EVENTS
    ]
    groups = [[code(group), code(topics.dead_letters(group))] for group in topics.CONSUMER_GROUPS]
    return (
        INTRODUCTION
        + table(["topic", "content", "key", "writers", "readers"], rows)
        + "\n## Consumer groups\n\n"
        + table(["group", "dead letters"], groups)
        + PERSONAL_PARTS
        + "".join(map(_personal_part, personal_parts()))
        + "\nSchemas of all events are in `contracts/schemas`, the AsyncAPI document is "
        "`contracts/asyncapi.json`.\n"
    )


def topic_pages(root: Path) -> dict[str, str]:
    """The page of each topic by its path below `docs`."""
    written, read = writers(root), readers(root)
    pages = {}
    for topic, models in EVENTS.items():
        introduction = (
            f"# {topic}\n\n{CHANNELS[topic]} The key is {KEYS.get(topic, PERSON)}. Written by "
            f"{', '.join(written[topic])}; read by {', '.join(read[topic])}.\n"
        )
        events = [_event(root, topic, name, model) for name, model in models.items()]
        pages[f"reference/events/{topic}.md"] = "".join([introduction, *events])
    return pages


def _event(root: Path, topic: str, name: str, model: type[BaseModel]) -> str:
    example = json.loads((root / EXAMPLES / topic / f"{name}.json").read_text("utf-8"))
    value = json.dumps(example["value"], indent=2, ensure_ascii=False)
    documentation = vars(model).get("__doc__")
    summary = f"{' '.join(documentation.split())}\n\n" if documentation else ""
    parts = [f"\n## {name}\n\n{summary}"]
    for each in _all(model):
        nested = "" if each is model else f"Fields of `{each.__name__}`:\n\n"
        if each.model_fields:
            parts.append(f"{nested}{_fields(each)}\n")
    return "".join([*parts, f"Example of the value:\n\n```json\n{value}\n```\n"])


def _personal_part(model: type[BaseModel]) -> str:
    documentation = vars(model).get("__doc__")
    summary = f"{' '.join(documentation.split())}\n\n" if documentation else ""
    return f"\n### {model.__name__}\n\n{summary}{_fields(model)}"


def _fields(model: type[BaseModel]) -> str:
    rows = [
        [
            code(name),
            _type(field),
            "" if field.is_required() else "optional",
            field_description(model, name) or "",
        ]
        for name, field in model.model_fields.items()
    ]
    return table(["field", "type", "", "meaning"], rows)


def _all(model: type[BaseModel]) -> list[type[BaseModel]]:
    """The model and those of its fields; the envelope is described once for all."""
    return [each for each in with_parts(model) if each is not Envelope]


def _type(field: FieldInfo) -> str:
    names = dict.fromkeys(_type_names(field.annotation))
    return ", ".join(names)


def _type_names(annotation: Any) -> Iterator[str]:  # noqa: ANN401 - any annotation
    simple = {
        "int": "integer", "str": "text", "bool": "boolean", "float": "number", "UUID": "UUID",
        "AwareDatetime": "time", "date": "date", "Envelope": "envelope", "NoneType": "null",
    }  # fmt: skip
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield " / ".join(code(each.value) for each in annotation)
    elif parts := get_args(annotation):
        is_list = getattr(annotation, "__origin__", None) in {tuple, list, frozenset}
        for part in parts:
            for name in [] if part is Ellipsis else _type_names(part):
                yield f"list of {name}" if is_list else name
    else:
        name = getattr(annotation, "__name__", str(annotation))
        yield simple.get(name, code(name))


def _mentions(root: Path, file: str, pattern: re.Pattern[str]) -> dict[str, tuple[str, ...]]:
    """The services whose file names each topic."""
    found: dict[str, list[str]] = {}
    for path in sorted(root.glob(f"services/*/src/vinculo/*/{file}")):
        service = path.relative_to(root).parts[1]
        for constant in sorted(set(pattern.findall(path.read_text("utf-8")))):
            found.setdefault(getattr(topics, constant), []).append(service)
    return {topic: tuple(services) for topic, services in found.items()}
