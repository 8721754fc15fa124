"""Poison, gaps and faults: what is dead-lettered, what continues, what is replayed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from bson.errors import InvalidDocument

from vinculo.contracts import topics
from vinculo.messaging import (
    ConsumedEvent,
    QuarantineReason,
    ReplayReport,
    replay_pending,
    rewind_diverged,
)
from vinculo.query_api.person_document.personal import DecryptedPart
from vinculo.query_api.person_document.schema import StoredDocument
from vinculo.query_api.projector.document_checkpoints import BatchChanges
from vinculo.query_api.projector.event_sources import EVENT_SOURCES

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
from ..in_memory_projector import InMemoryProjector, project_person


@pytest.fixture
def log() -> InMemoryLog:
    return InMemoryLog()


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

    assert [each.offset for each in projector.dead_letters.letters] == list(range(len(stream)))
    assert projector.store.last_dead_lettered == {stream[0].stream_id: len(stream)}
    assert projector.store.reasons == {stream[0].stream_id: QuarantineReason.POISON}
    (other,) = [d for d in projector.store.people if d["_id"] == person_id(2)]
    assert other["application"]["version"] == len(application(2).events)


async def test_poison_in_a_credit_stream_quarantines_this_stream_of_the_person_only() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    poison = log.append(loan(1), value=b'{"loan_id": 7}')
    after, other = loan(1, version=2), loan(1, loan_id="L-2")

    await projector.apply([poison, log.append(after), log.append(other)])

    assert [each.record.offset for each in projector.dead_letters.letters] == [0, 1]
    assert projector.store.last_dead_lettered == {after.stream_id: 2}
    (person,) = projector.store.people
    assert [each["loan_id"] for each in person["loans"].values()] == ["L-2"]
    (quarantined,) = await projector.replaying.checkpoints.quarantined_streams()
    assert (quarantined.subject, quarantined.last_version) == (person_id(1), 0)


async def test_a_gap_quarantines_the_rest_of_the_stream() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    events = application(1).events
    await projector.apply(log.append_all([*events[:2], *events[3:5]]))
    await projector.apply(log.append_all(events[5:]))

    assert projector.store.people[0]["application"]["version"] == 2
    assert projector.store.last_dead_lettered == {events[0].stream_id: len(events)}
    assert projector.store.reasons == {events[0].stream_id: QuarantineReason.GAP}
    assert [each.error for each in projector.dead_letters.letters][:2] == [
        "gap: version 4 after 2",
        "gap: version 5 after 2",
    ]


async def test_poison_of_an_applied_version_is_ignored() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    events = application(1).events
    await projector.apply(log.append_all(events))

    await projector.apply([log.append(events[2], value=b"rubbish")])

    assert projector.dead_letters.letters == []


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

    assert len(projector.dead_letters.letters) == 1
    assert [person["_id"] for person in projector.store.people] == [person_id(2)]
    assert projector.checkpoints == {(topics.CUSTOMER_REGISTRY_CUSTOMERS, 0): 2}


async def test_numbers_that_cannot_be_stored_are_poison() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    first = record(1).events[0]
    large = replace(first, facts={**first.facts, "registration_number": BEYOND_64_BITS})

    snapshot = loan(2)
    late = replace(snapshot, facts={**snapshot.facts, "loan_version": BEYOND_64_BITS})

    await projector.apply([log.append(large), log.append(late)])

    assert [each.topic for each in projector.dead_letters.letters] == [
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
    first, _ = [each.error for each in projector.dead_letters.letters]
    assert first.startswith("personal part: ValidationError")


async def test_one_record_that_cannot_be_stored_is_found_among_many() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    refused = person_id(5)
    save = projector.store.save

    async def refusing(changes: BatchChanges) -> None:
        if any(entry["person_id"] == refused for entry in changes.timeline):
            raise InvalidDocument("no")
        await save(changes)

    projector.store.save = refusing  # type: ignore[method-assign]
    events = [record(n, promoted=False).events[0] for n in range(10)]

    await projector.apply(log.append_all(events))

    assert len(projector.store.people) == 9
    assert projector.store.last_dead_lettered == {events[5].stream_id: 1}
    assert [each.error for each in projector.dead_letters.letters] == [
        "not storable: InvalidDocument"
    ]


async def test_a_missing_key_quarantines_the_streams_that_need_it(log: InMemoryLog) -> None:
    projector = InMemoryProjector()
    projector.keys.missing.add(person_id(1))
    stopped, other = application(1).events, application(2).events

    await projector.apply(log.append_all([*stopped, *record(1).events, *other]))

    assert projector.store.reasons == {stopped[0].stream_id: QuarantineReason.KEY_MISSING}
    people = {person["_id"]: person for person in projector.store.people}
    assert people[person_id(1)]["registry"]["version"] == len(record(1).events)
    assert people[person_id(2)]["application"]["version"] == len(other)
    projector.keys.missing.clear()
    report = await replayed(projector)
    assert report.released_streams == [stopped[0].stream_id]
    assert projector.store.quarantine == {}


@pytest.mark.parametrize("batch", [1, 100])
async def test_a_bug_in_a_fold_stops_one_person_after_some_tries(
    monkeypatch: pytest.MonkeyPatch, log: InMemoryLog, batch: int
) -> None:
    projector = InMemoryProjector()
    stopped, other = record(1).events, record(2).events
    is_fixed = False
    source = EVENT_SOURCES[topics.CUSTOMER_REGISTRY_CUSTOMERS]

    def fold(document: StoredDocument, received: ConsumedEvent, decrypted: DecryptedPart) -> None:
        if received.subject == person_id(1) and received.version == 2 and not is_fixed:
            raise ZeroDivisionError
        source.fold(document, received, decrypted)

    patched = {**EVENT_SOURCES, topics.CUSTOMER_REGISTRY_CUSTOMERS: replace(source, fold=fold)}
    monkeypatch.setattr("vinculo.query_api.projector.projected_topics.EVENT_SOURCES", patched)
    projector = InMemoryProjector()
    records = log.append_all([*stopped, *other])
    tries = 0
    for start in range(0, len(records), batch):
        left = records[start : start + batch]
        while left:
            try:
                await projector.apply(left)
            except ZeroDivisionError:
                tries += 1
                checkpoint = next(iter(projector.checkpoints.values()))
                left = [each for each in left if each.offset >= checkpoint]
            else:
                left = []

    assert tries == projector.consumer.max_tries - 1
    assert projector.store.reasons == {stopped[0].stream_id: QuarantineReason.REPEATED_ERRORS}
    people = {person["_id"]: person for person in projector.store.people}
    assert people[person_id(1)]["registry"]["version"] == 1
    assert people[person_id(2)] == await project_person(other)
    is_fixed = True
    await replayed(projector)
    people = {person["_id"]: person for person in projector.store.people}
    assert people[person_id(1)] == await project_person(stopped)


async def test_a_stale_document_is_loaded_and_folded_again() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    projector.store.stale_saves = 2

    await projector.apply(log.append_all(application(1).events))

    assert projector.store.people[0]["application"]["version"] == len(application(1).events)


async def test_folding_again_writes_no_dead_letter_twice() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    projector.store.stale_saves = 2

    await projector.apply([log.append(application(1).events[0], value=b"rubbish")])

    assert len(projector.dead_letters.letters) == 1


async def test_an_unknown_type_quarantines_its_stream(log: InMemoryLog) -> None:
    projector = InMemoryProjector()
    first, second, *_ = record(1).events
    unknown = replace(second, type="record-praised.v1", facts={"a": [[["deep"]]], "n": 2**63})

    await projector.apply([log.append(first), log.append(unknown)])

    assert projector.store.people[0]["registry"]["version"] == 1
    assert projector.store.reasons == {first.stream_id: QuarantineReason.UNKNOWN_TYPE}


async def test_streams_of_two_people_do_not_hide_each_other(log: InMemoryLog) -> None:
    projector = InMemoryProjector()

    await projector.apply([log.append(loan(1)), log.append(loan(1, version=2))])
    await projector.apply([log.append(loan(2))])

    assert [len(person["loans"]) for person in projector.store.people] == [1, 1]


async def test_a_diverged_credit_stream_is_folded_again_from_the_log(log: InMemoryLog) -> None:
    projector = InMemoryProjector()
    first, other = loan(1), replace(loan(1), facts={**loan(1).facts, "outstanding_cents": 7})
    kept = loan(1, loan_id="L-2")
    await projector.apply(log.append_all([first, kept, other]))
    assert projector.store.reasons == {first.stream_id: QuarantineReason.DIVERGED}

    assert await projector.replaying.checkpoints.rewind(first.stream_id, 0)
    report = ReplayReport()
    await replay_pending(projector.replaying, projector.pending(), report)

    assert report.released_streams == [first.stream_id]
    (person,) = projector.store.people
    assert sorted(each["outstanding_cents"] for each in person["loans"].values()) == [7, 90_000_000]


async def test_another_history_is_folded_again_from_the_log(log: InMemoryLog) -> None:
    projector = InMemoryProjector()
    first, second, *_ = record(1).events
    other = replace(second, time=second.time + timedelta(seconds=1), facts=second.facts | {"x": 1})
    await projector.apply(log.append_all([first, second, *application(1).events]))

    await projector.apply(log.append_all([other]))

    stream_id = first.stream_id
    assert projector.store.reasons == {stream_id: QuarantineReason.DIVERGED}
    assert second.event_id in projector.store.timeline
    (diverged,) = await projector.replaying.checkpoints.quarantined_streams()
    assert (diverged.last_version, diverged.last_dead_lettered_version) == (2, 2)
    projector.keys.missing.add(person_id(1))
    blocked_by = await rewind_diverged(projector.replaying, diverged, projector.pending())
    assert blocked_by.startswith("KeyMissing")
    assert projector.store.reasons == {stream_id: QuarantineReason.DIVERGED}
    projector.keys.missing.clear()
    assert await rewind_diverged(projector.replaying, diverged, projector.pending()) == ""
    assert projector.store.people[0]["registry"]["version"] == 1
    report = await replayed(projector)
    assert report.released_streams == [stream_id]
    (person,) = projector.store.people
    expected = await project_person([first, other], application(1).events)
    assert person == expected
    assert person["registry"]["event_id"] == other.event_id
    assert second.event_id not in projector.store.timeline
    assert other.event_id in projector.store.timeline


async def test_a_document_is_not_folded_again_from_an_incomplete_log(log: InMemoryLog) -> None:
    projector = InMemoryProjector()
    first, second, *_ = record(1).events
    other = replace(second, facts=second.facts | {"x": 1})
    await projector.apply(log.append_all([first, second, other]))
    before = projector.store.people
    (diverged,) = await projector.replaying.checkpoints.quarantined_streams()
    del projector.log[0]

    blocked_by = await rewind_diverged(projector.replaying, diverged, projector.pending())

    assert blocked_by == f"the log has no readable version 1 of {first.stream_id}"
    assert projector.store.people == before


async def test_the_epoch_of_an_event_tells_another_history(log: InMemoryLog) -> None:
    projector = InMemoryProjector()
    first, second, *_ = record(1).events

    def in_epoch(sample: EventSample, epoch: int) -> ConsumerRecord:
        return log.append(sample, headers=(*sample.headers(), ("ce_storeepoch", b"%d" % epoch)))

    await projector.apply([in_epoch(first, 1), in_epoch(second, 1)])
    assert projector.store.people[0]["registry"]["store_epoch"] == 1

    await projector.apply([in_epoch(first, 2)])

    assert projector.store.reasons == {first.stream_id: QuarantineReason.DIVERGED}


async def test_a_document_of_an_older_version_gets_the_id_of_its_next_event(
    log: InMemoryLog,
) -> None:
    projector = InMemoryProjector()
    first, second, *_ = record(1).events
    await projector.apply([log.append(first)])
    del projector.store.people[0]["registry"]["event_id"]

    await projector.apply([log.append(replace(first, facts=first.facts | {"x": 1}))])
    assert projector.store.quarantine == {}
    await projector.apply([log.append(second)])

    assert projector.store.people[0]["registry"]["event_id"] == second.event_id


async def replayed(projector: InMemoryProjector) -> ReplayReport:
    report = ReplayReport()
    await replay_pending(projector.replaying, projector.pending(), report)
    return report
