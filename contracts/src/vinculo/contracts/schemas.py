"""JSON Schemas of all events, generated from the models and compared with the committed files.

A committed schema is a published promise. A generated one may replace it only if it is compatible
with it and with all earlier ones; otherwise the event needs a new version of its type.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vinculo.contracts.catalogue import EVENTS
from vinculo.contracts.compatibility import incompatibility, same_meaning
from vinculo.contracts.envelope import Facts

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EARLIER = "earlier"

WITHDRAWN: Final = frozenset(
    f"credit.{topic}/{EARLIER}/{event_type}.v1.001.json"
    for topic, event_types in {
        "applications": ("credit-application-reported",),
        "loans": (
            "loan-cancelled",
            "loan-closed",
            "loan-opened",
            "loan-refinanced",
            "loan-reported",
            "loan-written-off",
        ),
    }.items()
    for event_type in event_types
)
"""Promises that are no longer kept: credit systems were allowed values that the registry refused.

The schemas that replaced them have its bounds, and leave the loan status open.
"""


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """The schema of one event type: `<topic>/<type>.json`, earlier ones in `<topic>/earlier/`."""

    folder: Path
    topic: str
    event_type: str

    @property
    def path(self) -> Path:
        return self.folder / self.topic / f"{self.event_type}.json"

    def committed(self) -> dict[str, Any] | None:
        if not self.path.exists():
            return None
        committed: dict[str, Any] = json.loads(self.path.read_text())
        return committed

    def earlier(self) -> list[Path]:
        return sorted((self.folder / self.topic / EARLIER).glob(f"{self.event_type}.*.json"))

    def replace(self, schema: dict[str, Any]) -> None:
        """Write the schema; one with another meaning that it replaces is moved to `earlier/`."""
        before = self.committed()
        if before is not None and not same_meaning(before, schema):
            archive = self.folder / self.topic / EARLIER
            archive.mkdir(parents=True, exist_ok=True)
            number = len(self.earlier()) + 1
            (archive / f"{self.event_type}.{number:03}.json").write_text(to_json_text(before))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(to_json_text(schema))


def schema_of(topic: str, event_type: str, model: type[Facts]) -> dict[str, Any]:
    service = topic.partition(".")[0]
    return {
        "$schema": DIALECT,
        "$id": schema_id(service, event_type),
        **model.model_json_schema(mode="serialization"),
    }


def schema_id(service: str, event_type: str) -> str:
    """The schema's `$id`, which is also the value of the header `ce_dataschema`."""
    return f"urn:vinculo:schema:{service}:{event_type}"


def generated_schemas(folder: Path) -> Iterator[tuple[SchemaFile, dict[str, Any]]]:
    for topic, models in EVENTS.items():
        for event_type, model in models.items():
            yield SchemaFile(folder, topic, event_type), schema_of(topic, event_type, model)


def schema_problems(folder: Path, *, replaceable: frozenset[str] = frozenset()) -> list[str]:
    """The reasons why the generated schemas may not replace the committed ones.

    The schemas of `replaceable` types are not compared.
    """
    found = [f"{orphan}: the type is published, its model must stay" for orphan in orphans(folder)]
    for file, schema in generated_schemas(folder):
        if file.event_type in replaceable:
            continue
        for before in (file.path, *file.earlier()):
            is_promised = before.relative_to(folder).as_posix() not in WITHDRAWN
            if before.exists() and is_promised:
                problem = incompatibility(json.loads(before.read_text()), schema)
                if problem:
                    found.append(
                        f"{file.topic} {file.event_type}: {problem} (against {before.name}); "
                        "add a new version of the type instead"
                    )
    return found


def outdated_schemas(folder: Path) -> list[str]:
    """The types whose committed schema differs from the generated one."""
    return [
        f"{file.topic} {file.event_type}"
        for file, schema in generated_schemas(folder)
        if file.committed() != schema
    ]


def orphans(folder: Path) -> list[str]:
    """The committed schemas without a model."""
    known = {file.path for file, _ in generated_schemas(folder)}
    return sorted(
        str(path.relative_to(folder)) for path in folder.glob("*/*.json") if path not in known
    )


def write_schemas(folder: Path) -> list[str]:
    """Replace the outdated schemas and return their types."""
    changed = outdated_schemas(folder)
    for file, schema in generated_schemas(folder):
        if file.committed() != schema:
            file.replace(schema)
    return changed


def to_json_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
