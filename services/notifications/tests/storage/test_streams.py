"""Stored samples still load, and events are published as in the golden examples."""

import json
from pathlib import Path
from typing import Any

import pytest

from vinculo.contracts import topics
from vinculo.eventstore.testing import (
    assert_every_event_is_stored,
    assert_samples_load,
    stored_sample,
)
from vinculo.notifications.domain.message import MessageEvent
from vinculo.notifications.storage.streams import message_category

CODEC = message_category().codec
EXAMPLES = Path(__file__).parents[4] / "contracts" / "examples" / topics.NOTIFICATIONS_MESSAGES


def example(type_: str) -> dict[str, Any]:
    text = (EXAMPLES / f"{type_}.json").read_text(encoding="utf-8")
    value: dict[str, Any] = json.loads(text)["value"]
    return value


def test_every_stored_event_type_still_loads() -> None:
    assert_samples_load(CODEC, Path(__file__).parent / "samples")


@pytest.mark.parametrize("type_", sorted(CODEC.types))
def test_events_are_published_as_in_the_golden_examples(type_: str) -> None:
    golden = example(type_)
    if "reason_code" in golden:
        golden["reason_code"] = "address_refused"

    encoded = CODEC.encode(CODEC.decode(stored_sample(type_, golden)))

    assert encoded.type == type_
    assert encoded.data == golden


def test_every_event_of_the_domain_has_a_stored_type() -> None:
    assert_every_event_is_stored(CODEC, MessageEvent)
