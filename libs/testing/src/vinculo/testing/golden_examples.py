"""The golden examples of the contract, as records of Kafka."""

import json
from pathlib import Path
from typing import Any, Final

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

EXAMPLES: Final = Path(__file__).parents[5] / "contracts" / "examples"


def golden_record(topic: str, event_type: str, prefix: str = "") -> ConsumerRecord:
    """The example of an event type; `prefix` is that of the topic's name."""
    example: dict[str, Any] = json.loads((EXAMPLES / topic / f"{event_type}.json").read_bytes())
    value = json.dumps(example["value"]).encode()
    return ConsumerRecord(
        topic=f"{prefix}{topic}",
        partition=0,
        offset=0,
        timestamp=0,
        timestamp_type=0,
        key=example["key"].encode(),
        value=value,
        checksum=None,
        serialized_key_size=len(example["key"]),
        serialized_value_size=len(value),
        headers=tuple((name, text.encode()) for name, text in example["headers"].items()),
    )
