"""Poison, gaps and faults: what is dead-lettered, what continues, what is replayed."""

from dataclasses import replace
from typing import Any

import pytest
from bson.errors import InvalidDocument

from vinculo.contracts import topics
from vinculo.privacy import KeyMissing
from vinculo.query_api.projector.fold import FoldResult

from ..event_samples import (
    BEYOND_64_BITS,
    EventSample,
    InMemoryLog,
    application,
    dossier,
    loan,
    message,
    payer,
    person_id,
    record,
)
from ..in_memory_projector import InMemoryProjector

GAPLESS = [application(1), dossier(1), record(1), message(1), payer()]


@pytest.mark.parametrize(
    "stream", [each.events for each in GAPLESS], ids=lambda events: events[0].topic
)
async def test_poison_quarantines_its_stream_and_no_other(stream: list[EventSample]) -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    poison = log.append(stream[0], value=b"\xff not JSON")

    await projector.apply(
        [poison, *log.append_all(stream[1:]), *log.append_all(application(2).events)]
    )

    assert [record.offset for record, _ in projector.dead_letters.records] == list(
        range(len(stream))
    )
    assert projector.store.quarantine == {stream[0].stream_id: len(stream)}
    (other,) = [d for d in projector.store.people if d["_id"] == person_id(2)]
    assert other["application"]["version"] == len(application(2).events)


async def test_poison_on_a_credit_topic_is_dead_lettered_without_its_stream() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    poison = log.append(loan(1), value=b'{"loan_id": 7}')

    await projector.apply([poison, log.append(loan(1, version=2))])

    assert [record for record, _ in projector.dead_letters.records] == [poison]
    assert projector.store.quarantine == {}
    assert len(projector.store.people[0]["loans"]) == 1


async def test_a_gap_quarantines_the_rest_of_the_stream() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    events = application(1).events
    await projector.apply(log.append_all([*events[:2], *events[3:5]]))
    await projector.apply(log.append_all(events[5:]))

    assert projector.store.people[0]["application"]["version"] == 2
    assert projector.store.quarantine == {events[0].stream_id: len(events)}
    assert [reason for _, reason in projector.dead_letters.records][:2] == [
        "gap: version 4 after 2",
        "follows its quarantined stream",
    ]


async def test_poison_of_an_applied_version_is_ignored() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    events = application(1).events
    await projector.apply(log.append_all(events))

    await projector.apply([log.append(events[2], value=b"rubbish")])

    assert projector.dead_letters.records == []


@pytest.mark.parametrize(
    "changes",
    [
        {"value": None},
        {"value": b"[]"},
        {"value": b"{}"},
        {"headers": ()},
        {"headers": (("ce_type", None), ("ce_id", b"\xff"))},
        {
            "headers": (
                *record(1).events[0].headers()[:4],
                ("ce_time", b"0001-01-01T00:00:00+09:00"),
            )
        },
        {
            "headers": (
                *record(1).events[0].headers()[:-1],
                ("ce_streamversion", b"9" * 5000),
            )
        },
        {"headers": (*record(1).events[0].headers()[:-1], ("ce_streamversion", b"9" * 30))},
        {"headers": (*record(1).events[0].headers()[:-2], ("ce_streamid", b"customer-unknown"))},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_no_content_of_a_record_stops_the_projection(changes: dict[str, Any]) -> None:
    projector, log = InMemoryProjector(), InMemoryLog()

    await projector.apply(
        [log.append(record(1).events[0], **changes), log.append(record(2).events[0])]
    )

    assert len(projector.dead_letters.records) == 1
    assert [person["_id"] for person in projector.store.people] == [person_id(2)]
    assert projector.checkpoints == {(topics.CUSTOMER_REGISTRY_CUSTOMERS, 0): 2}


async def test_numbers_that_cannot_be_stored_are_poison() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    first = record(1).events[0]
    large = replace(first, facts={**first.facts, "registration_number": BEYOND_64_BITS})

    snapshot = loan(2)
    late = replace(snapshot, facts={**snapshot.facts, "loan_version": BEYOND_64_BITS})

    await projector.apply([log.append(large), log.append(late)])

    assert [record.topic for record, _ in projector.dead_letters.records] == [
        large.topic,
        late.topic,
    ]
    assert projector.store.people == []


async def test_a_malformed_personal_part_is_poison() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    events = application(1).events

    await projector.apply(
        [log.append(replace(events[0], personal={"email": 1})), log.append(events[1])]
    )

    assert projector.store.people == []
    first, _ = [reason for _, reason in projector.dead_letters.records]
    assert first.startswith("personal part: ValidationError")


async def test_one_record_that_cannot_be_stored_is_found_among_many() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    refused = person_id(5)
    save = projector.store.save

    async def refusing(documents: Any, result: FoldResult, moves: Any) -> None:
        if any(entry["person_id"] == refused for entry in result.timeline):
            raise InvalidDocument("no")
        await save(documents, result, moves)

    projector.store.save = refusing  # type: ignore[method-assign]
    events = [record(n, promoted=False).events[0] for n in range(10)]

    await projector.apply(log.append_all(events))

    assert len(projector.store.people) == 9
    assert projector.store.quarantine == {events[5].stream_id: 1}
    assert [reason for _, reason in projector.dead_letters.records] == [
        "not storable: InvalidDocument"
    ]


async def test_a_missing_key_is_a_fault_and_nothing_is_written_or_skipped() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()

    projector.keys.missing.add(person_id(1))

    with pytest.raises(KeyMissing):
        await projector.apply(log.append_all(application(1).events))

    assert projector.store.people == []
    assert set(projector.checkpoints.values()) == {0}


async def test_a_stale_document_is_loaded_and_folded_again() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    projector.store.stale_saves = 2

    await projector.apply(log.append_all(application(1).events))

    assert projector.store.people[0]["application"]["version"] == len(application(1).events)


async def test_folding_again_writes_no_dead_letter_twice() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    projector.store.stale_saves = 2

    await projector.apply([log.append(application(1).events[0], value=b"rubbish")])

    assert len(projector.dead_letters.records) == 1


async def test_an_event_of_an_unknown_type_is_on_the_timeline_and_counts_as_applied() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    first, second, *_ = record(1).events
    unknown = replace(first, type="record-praised.v1", facts={"a": [[["deep"]]], "n": 2**63})

    await projector.apply([log.append(unknown), log.append(second)])

    assert projector.store.people[0]["registry"]["version"] == 2
    assert {entry["type"] for entry in projector.store.timeline.values()} == {
        "record-praised.v1",
        "pre-customer-activated.v1",
    }
