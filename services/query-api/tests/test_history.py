"""A person's timeline, folded again up to a point, gives the document of that point."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vinculo.httpapi import Problem
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.personal import has_displayed_personal_data
from vinculo.query_api.person_document.timeline import bson_roundtrip
from vinculo.query_api.profile.as_of import (
    HistoricalEvent,
    PersonHistory,
    decrypt_events,
    order_events,
)

from .folded import Bench
from .told_events import (
    BEGINNING,
    Log,
    OpenKeys,
    Told,
    at,
    changed_life_of,
    interleaved,
    life_of,
    loan,
    person_id,
)

STREAMS = changed_life_of(0)
EVENTS = sum(len(stream) for stream in STREAMS)

turns = st.lists(st.integers(0, 20), min_size=EVENTS, max_size=EVENTS)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


async def told_to(bench: Bench, told: Sequence[Told]) -> PersonHistory:
    """The history of the first person, after the projector was told of everything."""
    await bench.apply(Log().append_all(told))
    assert bench.set_aside.letters == []
    return await history_of(list(bench.store.timeline.values()))


async def history_of(timeline: list[Document]) -> PersonHistory:
    own = [bson_roundtrip(entry) for entry in timeline if entry["person_id"] == person_id(0)]
    return PersonHistory(
        person_id=person_id(0), told=await decrypt_events(OpenKeys(), order_events(own))
    )


@quick
@given(turns=turns)
async def test_the_whole_history_gives_the_document_that_the_projector_keeps(
    turns: list[int],
) -> None:
    bench = Bench()
    history = await told_to(bench, list(interleaved(STREAMS, turns)))

    (person,) = bench.store.people
    assert history.document(len(history.told)) == bson_roundtrip(person)
    assert history.until(at(10_000)) == len(history.told)


@quick
@given(minutes=st.floats(-1, 40), turns=turns)
async def test_the_history_up_to_a_moment_gives_what_the_projector_had_of_it(
    minutes: float, turns: list[int]
) -> None:
    told = list(interleaved(STREAMS, turns))
    history = await told_to(Bench(), told)
    then = Bench()
    await then.apply(Log().append_all([each for each in told if each.time <= at(minutes)]))

    shown = history.document(history.until(at(minutes)))

    assert shown == bson_roundtrip(then.store.people[0] if then.store.people else nobody())


def nobody() -> dict[str, Any]:
    return {"_id": person_id(0), "revision": 0}


async def test_every_event_is_a_point_with_all_before_it() -> None:
    told = [each for stream in changed_life_of(0) for each in stream]
    history = await told_to(Bench(), told)

    assert [history.until(each.entry["_id"]) for each in history.told] == list(
        range(1, len(told) + 1)
    )
    with pytest.raises(Problem) as refused:
        history.until(UUID(int=1))
    assert (refused.value.status, refused.value.type) == (404, "event-unknown")


async def test_what_is_discarded_leaves_a_gap_that_is_no_obstacle() -> None:
    bench = Bench()
    history = await told_to(bench, [each for stream in life_of(0) for each in stream])
    gone = {each.entry["_id"] for each in history.told if each.entry["type"] == "consent-given.v1"}
    left = [entry for entry in bench.store.timeline.values() if entry["_id"] not in gone]

    person = (await history_of(left)).document(len(left))

    assert person["application"]["version"] == bench.store.people[0]["application"]["version"]
    assert "consents" not in person["application"]


async def test_a_clock_that_went_back_puts_no_event_before_the_one_it_follows() -> None:
    first = loan(0)
    later = loan(0, version=2, status="closed")
    history = await told_to(Bench(), [first, replaced(later, first.time - timedelta(hours=1))])

    assert [each.counts_from for each in history.told] == [first.time, first.time]
    assert history.until(first.time - timedelta(minutes=1)) == 0


def replaced(told: Told, time: datetime) -> Told:
    return replace(told, time=time)


async def test_nobody_is_listed_before_every_part_is_there() -> None:
    told = [each for stream in life_of(0) for each in stream]
    history = await told_to(Bench(), told)

    assert history.shown_since() == BEGINNING
    only_loans = await told_to(Bench(), [loan(0)])
    assert only_loans.shown_since() is None


async def test_only_what_a_document_shows_is_opened() -> None:
    asked: list[UUID] = []

    class Watched(OpenKeys):
        async def open_many(self, sealed: Any) -> Any:
            asked.extend(event_id for _, event_id, _ in sealed)
            return await super().open_many(sealed)

    bench = Bench()
    await bench.apply(Log().append_all([each for stream in STREAMS for each in stream]))
    ordered = order_events(bench.store.timeline.values())
    await decrypt_events(Watched(), ordered)

    shown = [each.received for each in ordered if shows(each.received)]
    assert sorted(asked) == sorted(received.event_id for received in shown)
    assert len(shown) < sum("personal" in each.received.data for each in ordered)


def shows(received: ConsumedEvent) -> bool:
    return has_displayed_personal_data(received.payload)


async def test_whose_key_is_destroyed_is_gone() -> None:
    bench = Bench()
    await bench.apply(Log().append_all(STREAMS[0]))
    keys = OpenKeys()
    keys.erased.add(person_id(0))
    told: list[HistoricalEvent] = order_events(bench.store.timeline.values())

    with pytest.raises(Problem) as refused:
        await decrypt_events(keys, told)

    assert (refused.value.status, refused.value.type) == (410, "person-erased")
