"""Any order of topics, any batches, any repetition: the same documents."""

import itertools
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .folded import Bench
from .told_events import (
    Log,
    Told,
    changed_life_of,
    erased,
    interleaved,
    life_of,
    payer,
    proposed_payer,
    record,
)

PEOPLE = 2
STREAMS = [
    *(stream for number in range(PEOPLE) for stream in changed_life_of(number)),
    payer().told,
    proposed_payer().told,
]
EVENTS = sum(len(stream) for stream in STREAMS)
ERASED_STREAMS = [
    *changed_life_of(0)[:2],
    erased(0, record(0)).told,
    *changed_life_of(0)[3:],
    *changed_life_of(1),
]

turns = st.lists(st.integers(0, 20), min_size=EVENTS, max_size=EVENTS)
cuts = st.lists(st.integers(1, EVENTS), max_size=8).map(lambda found: sorted(set(found)))
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def batches(told: list[Told], where: list[int]) -> list[list[Told]]:
    edges = [0, *where, len(told)]
    return [told[a:b] for a, b in itertools.pairwise(edges) if a < b]


async def outcome(told: list[list[Told]]) -> dict[str, Any]:
    bench = Bench()
    log = Log()
    for batch in told:
        await bench.apply(log.append_all(batch))
    assert bench.set_aside.letters == []
    return {"documents": bench.store.documents, "timeline": bench.store.timeline}


async def in_order() -> dict[str, Any]:
    return await outcome([[each for stream in STREAMS for each in stream]])


@quick
@given(turns=turns, where=cuts)
async def test_every_interleaving_of_topics_in_any_batches_ends_in_the_same_documents(
    turns: list[int], where: list[int]
) -> None:
    told = list(interleaved(STREAMS, turns))

    assert await outcome(batches(told, where)) == await in_order()


@quick
@given(turns=turns, where=cuts, again=st.integers(0, EVENTS))
async def test_what_is_told_again_from_an_earlier_point_changes_nothing(
    turns: list[int], where: list[int], again: int
) -> None:
    told = list(interleaved(STREAMS, turns))

    assert await outcome([*batches(told, where), told[again:]]) == await in_order()


@quick
@given(turns=turns, broken_off=st.integers(0, EVENTS))
async def test_a_run_that_broke_off_and_went_on_from_an_older_position_catches_up(
    turns: list[int], broken_off: int
) -> None:
    told = list(interleaved(STREAMS, turns))

    assert await outcome([told[:broken_off], told[broken_off // 2 :]]) == await in_order()


@quick
@given(turns=turns)
async def test_no_interleaving_leaves_anything_personal_of_an_erased_person(
    turns: list[int],
) -> None:
    told = list(interleaved(ERASED_STREAMS, turns))
    bench = Bench()
    await bench.apply(Log().append_all(told))

    gone, staying = sorted(bench.store.people, key=lambda person: "erased_at" not in person)

    assert not {"personal", "kind", "status"} & gone.keys()
    assert staying["personal"]["email"] == "Nueva1@example.co"
    told_openly = str(list(bench.store.timeline.values()))
    assert not [word for word in ("Docente", "Pensionada", "Ñungo", "Nueva") if word in told_openly]
    assert bench.keys.forgotten == [gone["_id"]]


async def test_a_document_counts_the_events_folded_into_it() -> None:
    bench = Bench()
    told = [each for stream in life_of(0) for each in stream]
    await bench.apply(Log().append_all(told))

    (person,) = bench.store.people
    assert person["revision"] == len(told) - len(life_of(0)[3])
