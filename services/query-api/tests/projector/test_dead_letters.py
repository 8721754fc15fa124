"""Dead letters are replayed in order, and discarded ones are skipped."""

from vinculo.query_api.projector.dead_letters import replay_records

from ..event_samples import (
    InMemoryLog,
    application,
)
from ..in_memory_projector import InMemoryProjector


async def test_a_replay_applies_the_repaired_record_and_the_rest_of_its_stream() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    events = application(1).events
    poison = log.append(events[1], value=b"rubbish")
    await projector.apply([log.append(events[0]), poison, *log.append_all(events[1:])])

    replayed = await replay_records(
        [projector.reader.read(each) for each, _ in projector.dead_letters.records],
        projector.processor,
    )

    assert replayed.versions == {events[0].stream_id: len(events)}
    assert replayed.failed == []
    assert projector.store.people[0]["application"]["version"] == len(events)


async def test_a_dead_letter_that_still_fails_stops_its_stream_only() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    stuck, repaired = application(1).events, application(2).events
    await projector.apply(
        [
            log.append(stuck[0], value=b"rubbish"),
            *log.append_all(stuck[1:]),
            log.append(repaired[0], value=b"rubbish"),
            *log.append_all(repaired),
        ]
    )

    replayed = await replay_records(
        [projector.reader.read(each) for each, _ in projector.dead_letters.records],
        projector.processor,
    )

    assert replayed.versions == {stuck[0].stream_id: 0, repaired[0].stream_id: len(repaired)}
    assert len(replayed.failed) == len(stuck)


async def test_a_discarded_dead_letter_counts_as_skipped() -> None:
    events = application(1).events
    projector, log = (
        InMemoryProjector(discarded=frozenset({f"{events[0].topic}/0/1"})),
        InMemoryLog(),
    )
    await projector.apply(
        [
            log.append(events[0]),
            log.append(events[1], value=b"rubbish"),
            *log.append_all(events[2:]),
        ]
    )

    assert projector.dead_letters.records == []
    assert projector.store.people[0]["application"]["version"] == len(events)
    assert list(projector.store.people[0]["application"]["consents"]) == ["marketing"]
