"""Every order of topics, every batching and every repetition gives the same documents."""

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ..event_samples import (
    EventSample,
    InMemoryLog,
    erased,
    interleaved,
    lifecycle,
    lifecycle_with_changes,
    payer,
    proposed_payer,
    record,
)
from ..in_memory_projector import InMemoryProjector

PEOPLE = 2
STREAMS = [
    *(stream for number in range(PEOPLE) for stream in lifecycle_with_changes(number)),
    payer().events,
    proposed_payer().events,
]
EVENTS = sum(len(stream) for stream in STREAMS)
ERASED_STREAMS = [
    *lifecycle_with_changes(0)[:2],
    erased(0, record(0)).events,
    *lifecycle_with_changes(0)[3:],
    *lifecycle_with_changes(1),
]

choices = st.lists(st.integers(0, 20), min_size=EVENTS, max_size=EVENTS)
cuts = st.lists(st.integers(1, EVENTS), max_size=8).map(lambda found: sorted(set(found)))
few_examples = settings(max_examples=40)


def batches(events: list[EventSample], where: list[int]) -> list[list[EventSample]]:
    edges = [0, *where, len(events)]
    return [events[a:b] for a, b in itertools.pairwise(edges) if a < b]


async def outcome(events: list[list[EventSample]]) -> dict[str, Any]:
    projector = InMemoryProjector()
    log = InMemoryLog()
    for batch in events:
        await projector.apply(log.append_all(batch))
    assert projector.dead_letters.letters == []
    return {"documents": projector.store.documents, "timeline": projector.store.timeline}


async def in_order() -> dict[str, Any]:
    return await outcome([[each for stream in STREAMS for each in stream]])


@few_examples
@given(choices=choices, where=cuts)
async def test_every_interleaving_of_topics_in_any_batches_ends_in_the_same_documents(
    choices: list[int], where: list[int]
) -> None:
    events = list(interleaved(STREAMS, choices))

    assert await outcome(batches(events, where)) == await in_order()


@few_examples
@given(choices=choices, where=cuts, again=st.integers(0, EVENTS))
async def test_events_that_are_repeated_change_nothing(
    choices: list[int], where: list[int], again: int
) -> None:
    events = list(interleaved(STREAMS, choices))

    assert await outcome([*batches(events, where), events[again:]]) == await in_order()


@few_examples
@given(choices=choices, interrupted_at=st.integers(0, EVENTS))
async def test_a_run_that_continues_from_an_older_checkpoint_catches_up(
    choices: list[int], interrupted_at: int
) -> None:
    events = list(interleaved(STREAMS, choices))

    assert (
        await outcome([events[:interrupted_at], events[interrupted_at // 2 :]]) == await in_order()
    )


@few_examples
@given(choices=choices)
async def test_no_interleaving_leaves_personal_data_of_an_erased_person(
    choices: list[int],
) -> None:
    events = list(interleaved(ERASED_STREAMS, choices))
    projector = InMemoryProjector()
    await projector.apply(InMemoryLog().append_all(events))

    erased_person, other = sorted(
        projector.store.people, key=lambda person: "erased_at" not in person
    )

    assert not {"personal", "kind", "status"} & erased_person.keys()
    assert other["personal"]["email"] == "Nueva1@example.co"
    unencrypted = str(list(projector.store.timeline.values()))
    assert not [word for word in ("Docente", "Pensionada", "Ñungo", "Nueva") if word in unencrypted]
    assert projector.keys.forgotten == [erased_person["_id"]]


async def test_a_document_counts_the_events_folded_into_it() -> None:
    projector = InMemoryProjector()
    events = [each for stream in lifecycle(0) for each in stream]
    await projector.apply(InMemoryLog().append_all(events))

    (person,) = projector.store.people
    assert person["revision"] == len(events) - len(lifecycle(0)[3])
