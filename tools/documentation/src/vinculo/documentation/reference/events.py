"""The reference of events: topics, keys, writers, readers, types, fields and golden examples."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from vinculo.contracts import topics
from vinculo.contracts.asyncapi import CHANNELS
from vinculo.contracts.catalogue import EVENTS
from vinculo.contracts.envelope import Envelope, Personal
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
    topics.ACCESS_REVOCATIONS: "the id of the person or member of staff",
}
_TOPIC: Final = re.compile(r"\btopics\.([A-Z_]+)\b")
_PUBLISHED: Final = re.compile(r'"[a-z-]+": topics\.([A-Z_]+)\b')
_MOMENT: Final = re.compile(r"(.+)_at")
_ACTOR: Final = re.compile(r"(.+)_by")


def writers(root: Path) -> dict[str, tuple[str, ...]]:
    """The services that publish to each topic, read from their `storage/streams.py`."""
    found = _mentions(root, "storage/streams.py", _PUBLISHED)
    return {
        topic: (CREDIT_SYSTEMS,) if topic.startswith("credit.") else found.get(topic, ())
        for topic in EVENTS
    }


def readers(root: Path) -> dict[str, tuple[str, ...]]:
    """The services that consume each topic, read from their consumers.

    Revocations are read by API processes, which have no consumer.
    """
    consumed = _mentions(root, "consumers/consumer.py", _TOPIC)
    projected = _mentions(root, "projector/dependencies.py", _TOPIC)
    return {
        topic: _guarded_services(root)
        if topic == topics.ACCESS_REVOCATIONS
        else tuple(sorted({*consumed.get(topic, ()), *projected.get(topic, ())}))
        for topic in EVENTS
    }


def _guarded_services(root: Path) -> tuple[str, ...]:
    """The services whose API refuses revoked tokens."""
    return tuple(
        path.relative_to(root).parts[1]
        for path in sorted(root.glob("services/*/src/vinculo/*/main.py"))
        if "RevocationReader" in path.read_text("utf-8")
    )


def field_description(model: type[BaseModel], name: str) -> str | None:
    """The description: the model's, that of this event's field, or that of the field's name.

    A field `…_at` without one is the time, and `…_by` the id of the member of staff.
    """
    field = model.model_fields[name]
    if field.description:
        return field.description
    texts = _descriptions()
    if text := texts.get(f"{model.__name__}.{name}") or texts.get(name):
        return text
    if found := _MOMENT.fullmatch(name):
        return f"When it was {found[1].replace('_', ' ')}."
    if found := _ACTOR.fullmatch(name):
        return f"Who {found[1].replace('_', ' ')} it: the id of a person or a member of staff."
    return None


def events_problems() -> list[str]:
    """Fields without a description, and descriptions of fields that no event has."""
    models = {model for kinds in EVENTS.values() for each in kinds.values() for model in _all(each)}
    models |= {*personal_parts()}
    missing = [
        f"{model.__name__}.{name}: no description in event_fields.toml"
        for model in sorted(models, key=lambda each: each.__name__)
        for name in model.model_fields
        if not field_description(model, name)
    ]
    known = {name for model in models for name in model.model_fields}
    known |= {f"{model.__name__}.{name}" for model in models for name in model.model_fields}
    unknown = sorted(_descriptions().keys() - known)
    return [*missing, *(f"event_fields.toml: no field {name}" for name in unknown)]


def personal_parts() -> list[type[BaseModel]]:
    """The models of decrypted envelopes and of their fields."""
    return sorted(Personal.__subclasses__(), key=lambda each: each.__name__)


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
    found = [model]
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            found += [each for each in _all(inner) if each not in found]
    return found


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation is not Envelope:
            yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)


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
    """The services whose file names each topic; `topics.TOPICS` stands for all."""
    found: dict[str, list[str]] = {}
    for path in sorted(root.glob(f"services/*/src/vinculo/*/{file}")):
        service = path.relative_to(root).parts[1]
        for constant in sorted(set(pattern.findall(path.read_text("utf-8")))):
            value: Any = getattr(topics, constant)
            for topic in [value] if isinstance(value, str) else value:
                found.setdefault(topic, []).append(service)
    return {topic: tuple(services) for topic, services in found.items()}


@cache
def _descriptions() -> Mapping[str, str]:
    text = files("vinculo.documentation.reference").joinpath("event_fields.toml").read_text("utf-8")
    return {
        key if table_name == "fields" else f"{table_name}.{key}": value
        for table_name, entries in tomllib.loads(text).items()
        for key, value in entries.items()
    }
