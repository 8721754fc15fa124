"""Dead letters are replayed in order, and discarded ones are skipped."""

from vinculo.messaging import ReplayReport, letter_key, replay_pending

from ..event_samples import (
    InMemoryLog,
    application,
    loan,
)
from ..in_memory_projector import InMemoryProjector


async def test_a_replay_applies_the_repaired_record_and_the_rest_of_its_stream() -> None:
    projector, log = InMemoryProjector(), InMemoryLog()
    events = application(1).events
    poison = log.append(events[1], value=b"rubbish")
    await projector.apply([log.append(events[0]), poison, *log.append_all(events[1:])])

    report = ReplayReport()
    await replay_pending(projector.replaying, projector.pending(), report)

    assert report.released_streams == [events[0].stream_id]
    assert list(report.waiting) == [f"{poison.topic}/0/{poison.offset}"], "it is still unreadable"
    assert projector.store.people[0]["application"]["version"] == len(events)
    assert projector.store.quarantine == {}


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

    report = ReplayReport()
    await replay_pending(projector.replaying, projector.pending(), report)

    assert report.released_streams == [repaired[0].stream_id]
    assert projector.store.last_dead_lettered == {stuck[0].stream_id: len(stuck)}
    assert len(report.waiting) == len(stuck) + 1
    pending = {each.dead_letter.key: each.decoded for each in projector.pending()}
    unresolved = await projector.replaying.checkpoints.unresolved(pending)
    assert len(unresolved) == len(stuck)


async def test_a_discarded_dead_letter_counts_as_skipped() -> None:
    events = application(1).events
    log = InMemoryLog()
    records = [
        log.append(events[0]),
        log.append(events[1], value=b"rubbish"),
        *log.append_all(events[2:]),
    ]
    for key in (letter_key(records[1]), letter_key(records[1])._replace(event_key="")):
        projector = InMemoryProjector(discarded=frozenset({key}))
        await projector.apply(records)

        assert projector.dead_letters.letters == []
        assert projector.store.people[0]["application"]["version"] == len(events)
        assert list(projector.store.people[0]["application"]["consents"]) == ["marketing"]


async def test_another_record_at_a_discarded_place_is_applied() -> None:
    events = application(1).events
    log = InMemoryLog()
    records = log.append_all(events)
    discarded = letter_key(records[1])._replace(event_key="of an earlier log")
    projector = InMemoryProjector(discarded=frozenset({discarded}))

    await projector.apply(records)

    assert len(projector.store.people[0]["application"]["consents"]) == 2


async def test_a_discarded_record_without_a_stream_is_ignored() -> None:
    log = InMemoryLog()
    headers = tuple(each for each in loan(1).headers() if each[0] != "ce_streamid")
    unreadable = log.append(loan(1), value=b"rubbish", headers=headers)
    projector = InMemoryProjector(discarded=frozenset({letter_key(unreadable)}))

    await projector.apply([unreadable, log.append(loan(1))])

    assert projector.dead_letters.letters == []
    assert len(projector.store.people[0]["loans"]) == 1
