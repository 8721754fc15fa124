"""The hand-written examples: one Kafka record per event type."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMBER = Path(__file__).parents[1]
EXAMPLES = MEMBER / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """`decrypted` is the content of the envelope; the examples' data key is the bytes 0 to 31."""

    topic: str
    event_type: str
    key: str
    headers: dict[str, str]
    value: dict[str, Any]
    decrypted: dict[str, Any] | None

    @property
    def value_bytes(self) -> bytes:
        return json.dumps(self.value).encode()

    def __str__(self) -> str:
        return f"{self.topic}/{self.event_type}"


def example_at(path: Path) -> Example:
    record = json.loads(path.read_text())
    return Example(
        topic=path.parent.name,
        event_type=path.stem,
        key=record["key"],
        headers=record["headers"],
        value=record["value"],
        decrypted=record.get("opened"),
    )


ALL_EXAMPLES = [example_at(path) for path in sorted(EXAMPLES.glob("*/*.json"))]
