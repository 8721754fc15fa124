"""The JSON Schemas of all events, made from the models, beside the committed ones.

The committed file is what the world was promised. A generated one may replace it only when it is
compatible with it and with every earlier one; else the event needs a new version of its type.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vinculo.contracts.catalogue import EVENTS
from vinculo.contracts.compatibility import incompatibility, same_meaning
from vinculo.contracts.envelope import Facts

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """One event type's schema: `<topic>/<type>.json`, earlier forms in `<topic>/earlier/`."""

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
        """Write the schema, keeping the form it replaces when that meant something else."""
        before = self.committed()
        if before is not None and not same_meaning(before, schema):
            kept = self.folder / self.topic / EARLIER
            kept.mkdir(parents=True, exist_ok=True)
            number = len(self.earlier()) + 1
            (kept / f"{self.event_type}.{number:03}.json").write_text(rendered(before))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(rendered(schema))


def schema_of(topic: str, event_type: str, model: type[Facts]) -> dict[str, Any]:
    service = topic.partition(".")[0]
    return {
        "$schema": DIALECT,
        "$id": schema_id(service, event_type),
        **model.model_json_schema(mode="serialization"),
    }


def schema_id(service: str, event_type: str) -> str:
    """What `ce_dataschema` carries."""
    return f"urn:vinculo:schema:{service}:{event_type}"


def generated(folder: Path) -> Iterator[tuple[SchemaFile, dict[str, Any]]]:
    for topic, models in EVENTS.items():
        for event_type, model in models.items():
            yield SchemaFile(folder, topic, event_type), schema_of(topic, event_type, model)


def complaints(folder: Path, *, replaceable: frozenset[str] = frozenset()) -> list[str]:
    """What forbids the generated schemas to replace the committed ones."""
    found = [f"{orphan}: the type is published, its model must stay" for orphan in orphans(folder)]
    for file, schema in generated(folder):
        if file.event_type in replaceable:
            continue
        for before in (file.path, *file.earlier()):
            if before.exists():
                problem = incompatibility(json.loads(before.read_text()), schema)
                if problem:
                    found.append(
                        f"{file.topic} {file.event_type}: {problem} (against {before.name}); "
                        "make a new version of the type instead"
                    )
    return found


def outdated(folder: Path) -> list[str]:
    """The types whose committed schema is not the generated one."""
    return [
        f"{file.topic} {file.event_type}"
        for file, schema in generated(folder)
        if file.committed() != schema
    ]


def orphans(folder: Path) -> list[str]:
    known = {file.path for file, _ in generated(folder)}
    return sorted(
        str(path.relative_to(folder)) for path in folder.glob("*/*.json") if path not in known
    )


def write(folder: Path) -> list[str]:
    changed = outdated(folder)
    for file, schema in generated(folder):
        if file.committed() != schema:
            file.replace(schema)
    return changed


def rendered(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
