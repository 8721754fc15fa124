"""Stored documents are as their shapes are declared, after any events in any order."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.contracts.catalogue import EVENTS
from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.sections import DocumentKind
from vinculo.query_api.person_document.timeline import bson_roundtrip
from vinculo.query_api.projector.event_sources import EVENT_SOURCES
from vinculo.query_api.testing.generators import generate_people

from ..declared_shapes import SHAPES_OF_A_GENERATION, violations
from ..event_samples import EventSample, InMemoryLog, erased, interleaved, lifecycle_with_changes
from ..event_samples import record as record_stream
from ..in_memory_projector import InMemoryProjector
from ..query_service import make_people

EXAMPLES = Path(__file__).parents[4] / "contracts" / "examples"
STREAMS = [
    *lifecycle_with_changes(0),
    *lifecycle_with_changes(1)[:2],
    erased(1, record_stream(1)).events,
    *lifecycle_with_changes(1)[3:],
    record_stream(2, promoted=False).events,
]
EVENTS_OF_STREAMS = sum(len(stream) for stream in STREAMS)
few_examples = settings(max_examples=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenExample:
    """The contract's example of an event type."""

    topic: str
    type: str
    content: Mapping[str, Any]

    @property
    def stream_id(self) -> str:
        """Empty for a credit system's, which are no streams of the platform's."""
        return str(self.content["headers"].get("ce_streamid", ""))

    def record(self, log: InMemoryLog, version: int) -> ConsumerRecord:
        """As this version of the example's stream."""
        headers: dict[str, str] = {
            **self.content["headers"],
            "ce_id": str(uuid4()),
            "ce_causationid": str(UUID(int=2)),
        }
        if self.stream_id:
            headers["ce_streamversion"] = str(version)
        facts = {name: value for name, value in self.content["value"].items() if name != "personal"}
        sample = EventSample(
            topic=self.topic,
            stream_id=self.stream_id,
            version=version,
            type=self.type,
            subject=UUID(self.content["key"]),
            facts=facts,
            personal=self.content.get("opened"),
        )
        encoded = tuple((name, value.encode()) for name, value in headers.items())
        return log.append(sample, headers=encoded)


GOLDEN = [
    GoldenExample(
        topic=topic,
        type=type_,
        content=json.loads((EXAMPLES / topic / f"{type_}.json").read_text()),
    )
    for topic in EVENT_SOURCES
    for type_ in EVENTS[topic]
]


def assert_as_declared(projector: InMemoryProjector) -> None:
    assert projector.dead_letters.letters == []
    stored: dict[str, list[Document]] = {kind: [] for kind in DocumentKind}
    for each, document in projector.store.documents.items():
        stored[each.kind].append({**bson_roundtrip(document)})
    stored["events"] = [{**bson_roundtrip(entry)} for entry in projector.store.timeline.values()]
    for kind, documents in stored.items():
        assert violations(SHAPES_OF_A_GENERATION[kind], documents) == []


@few_examples
@given(
    choices=st.lists(st.integers(0, 30), min_size=EVENTS_OF_STREAMS, max_size=EVENTS_OF_STREAMS),
    applied=st.integers(1, EVENTS_OF_STREAMS),
)
async def test_documents_are_as_declared_at_every_point_of_a_lifecycle(
    choices: list[int], applied: int
) -> None:
    projector = InMemoryProjector()
    events = list(interleaved(STREAMS, choices))[:applied]
    await projector.apply(InMemoryLog().append_all(events))

    assert_as_declared(projector)


@few_examples
@given(chosen=st.permutations(GOLDEN), number=st.integers(1, len(GOLDEN)))
async def test_documents_are_as_declared_after_any_events_of_the_contract(
    chosen: list[GoldenExample], number: int
) -> None:
    """In any order, without some: what a document has when others were discarded."""
    projector = InMemoryProjector()
    await projector.apply(list(_records(chosen[:number])))

    assert_as_declared(projector)


async def test_every_event_type_of_the_contract_is_folded_into_declared_shapes() -> None:
    projector = InMemoryProjector()
    ordered = sorted(GOLDEN, key=lambda example: example.content["value"].get("loan_version", 0))
    await projector.apply(list(_records(ordered)))

    assert_as_declared(projector)
    assert {each.kind for each in projector.store.documents} == set(DocumentKind)
    assert {(entry["topic"], entry["type"]) for entry in projector.store.timeline.values()} == {
        (example.topic, example.type)
        for example in GOLDEN
        if not example.topic.endswith((".payers", ".policies"))
    }


def _records(examples: Iterable[GoldenExample]) -> Iterable[ConsumerRecord]:
    """Each stream with consecutive versions."""
    log, versions = InMemoryLog(), dict[str, int]()
    for example in examples:
        versions[example.stream_id] = versions.get(example.stream_id, 0) + 1
        yield example.record(log, versions[example.stream_id])


@pytest.mark.parametrize(
    "people",
    [list(generate_people(200, seed=3)), make_people(200)],
    ids=["generated people", "people of the tests"],
)
def test_people_that_no_projector_has_made_are_as_declared(people: list[Any]) -> None:
    stored = [{**bson_roundtrip(person)} for person in people]

    assert violations(SHAPES_OF_A_GENERATION["people"], stored) == []
