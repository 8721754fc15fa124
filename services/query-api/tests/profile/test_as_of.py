"""The replayed timeline gives the document as of a point."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinculo.messaging import ConsumedEvent
from vinculo.query_api.person_document.personal import (
    encrypted_part,
    has_displayed_personal_data,
)
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.person_document.timeline import TimelineEntry, bson_roundtrip
from vinculo.query_api.profile.as_of import (
    EventUnknown,
    HistoricalEvent,
    PersonHistory,
    decrypt_events,
    order_events,
)
from vinculo.query_api.profile.profile import PersonErased

from ..event_samples import (
    BEGINNING,
    EventSample,
    FakeKeyRing,
    InMemoryLog,
    at,
    interleaved,
    lifecycle,
    lifecycle_with_changes,
    loan,
    person_id,
)
from ..in_memory_projector import InMemoryProjector

STREAMS = lifecycle_with_changes(0)
EVENTS = sum(len(stream) for stream in STREAMS)

merge_order = st.lists(st.integers(0, 20), min_size=EVENTS, max_size=EVENTS)
few_examples = settings(max_examples=40)


async def projected_history(
    projector: InMemoryProjector, events: Sequence[EventSample]
) -> PersonHistory:
    """The history of the first person, after the projector has applied all events."""
    await projector.apply(InMemoryLog().append_all(events))
    assert projector.dead_letters.letters == []
    return await history_of(list(projector.store.timeline.values()))


async def history_of(timeline: list[TimelineEntry]) -> PersonHistory:
    own = [bson_roundtrip(entry) for entry in timeline if entry["person_id"] == person_id(0)]
    return PersonHistory(
        person_id=person_id(0), events=await decrypt_events(FakeKeyRing(), order_events(own))
    )


@few_examples
@given(merge_order=merge_order)
async def test_the_whole_history_gives_the_projectors_document(
    merge_order: list[int],
) -> None:
    projector = InMemoryProjector()
    history = await projected_history(projector, list(interleaved(STREAMS, merge_order)))

    (person,) = projector.store.people
    assert history.document(len(history.events)) == bson_roundtrip(person)
    assert history.events_until(at(10_000)) == len(history.events)


@few_examples
@given(minutes=st.floats(-1, 40), merge_order=merge_order)
async def test_the_history_up_to_a_moment_gives_the_projectors_document_of_that_moment(
    minutes: float, merge_order: list[int]
) -> None:
    events = list(interleaved(STREAMS, merge_order))
    history = await projected_history(InMemoryProjector(), events)
    then = InMemoryProjector()
    await then.apply(
        InMemoryLog().append_all([each for each in events if each.time <= at(minutes)])
    )

    shown = history.document(history.events_until(at(minutes)))

    assert shown == bson_roundtrip(then.store.people[0] if then.store.people else unknown_person())


def unknown_person() -> Person:
    return {"_id": person_id(0), "revision": 0}


async def test_every_event_is_a_point_that_includes_all_earlier_ones() -> None:
    events = [each for stream in lifecycle_with_changes(0) for each in stream]
    history = await projected_history(InMemoryProjector(), events)

    assert [history.events_until(each.entry["_id"]) for each in history.events] == list(
        range(1, len(events) + 1)
    )
    with pytest.raises(EventUnknown):
        history.events_until(UUID(int=1))


async def test_a_gap_of_a_discarded_event_is_skipped() -> None:
    projector = InMemoryProjector()
    history = await projected_history(
        projector, [each for stream in lifecycle(0) for each in stream]
    )
    gone = {
        each.entry["_id"] for each in history.events if each.entry["type"] == "consent-given.v1"
    }
    left = [entry for entry in projector.store.timeline.values() if entry["_id"] not in gone]

    person = (await history_of(left)).document(len(left))

    assert person["application"]["version"] == projector.store.people[0]["application"]["version"]
    assert "consents" not in person["application"]


async def test_a_clock_that_goes_back_does_not_reorder_a_stream() -> None:
    first = loan(0)
    later = loan(0, version=2, status="closed")
    earlier = first.time - timedelta(hours=1)
    history = await projected_history(
        InMemoryProjector(),
        [first, replace(later, facts={**later.facts, "reported_at": earlier.isoformat()})],
    )

    assert [each.effective_at for each in history.events] == [first.time, first.time]
    assert history.events_until(first.time - timedelta(minutes=1)) == 0


def with_time(sample: EventSample, time: datetime) -> EventSample:
    return replace(sample, time=time)


async def test_a_person_is_listed_once_all_sections_are_there() -> None:
    events = [each for stream in lifecycle(0) for each in stream]
    history = await projected_history(InMemoryProjector(), events)

    assert history.listed_since() == BEGINNING
    only_loans = await projected_history(InMemoryProjector(), [loan(0)])
    assert only_loans.listed_since() is None


async def test_only_displayed_personal_parts_are_decrypted() -> None:
    decrypted: list[UUID] = []

    class RecordingKeyRing(FakeKeyRing):
        async def decrypt_many(self, sealed: Any) -> Any:
            decrypted.extend(event_id for _, event_id, _ in sealed)
            return await super().decrypt_many(sealed)

    projector = InMemoryProjector()
    await projector.apply(InMemoryLog().append_all([each for stream in STREAMS for each in stream]))
    ordered = order_events(projector.store.timeline.values())
    await decrypt_events(RecordingKeyRing(), ordered)

    shown = [each.received for each in ordered if shows(each.received)]
    assert sorted(decrypted) == sorted(received.event_id for received in shown)
    assert len(shown) < sum(encrypted_part(each.received.payload) is not None for each in ordered)


def shows(received: ConsumedEvent) -> bool:
    return has_displayed_personal_data(received.payload)


async def test_a_person_without_a_key_is_erased() -> None:
    projector = InMemoryProjector()
    await projector.apply(InMemoryLog().append_all(STREAMS[0]))
    keys = FakeKeyRing()
    keys.erased.add(person_id(0))
    events: list[HistoricalEvent] = order_events(projector.store.timeline.values())

    with pytest.raises(PersonErased):
        await decrypt_events(keys, events)
