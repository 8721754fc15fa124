"""Poison, gaps and faults: what is set aside, what goes on, what is healed."""

from dataclasses import replace
from typing import Any

import pytest
from bson.errors import InvalidDocument

from vinculo.contracts import topics
from vinculo.privacy import KeyMissing
from vinculo.query_api.projector.dead_letters import replay_records
from vinculo.query_api.projector.fold import FoldResult

from .folded import Bench
from .told_events import (
    BEYOND_64_BITS,
    Log,
    Told,
    application,
    dossier,
    loan,
    message,
    payer,
    person_id,
    record,
)

GAPLESS = [application(1), dossier(1), record(1), message(1), payer()]


def broken(told: Told) -> Told:
    return replace(told, facts={}, type=told.type)


@pytest.mark.parametrize("stream", [each.told for each in GAPLESS], ids=lambda told: told[0].topic)
async def test_poison_takes_its_stream_with_it_and_no_other(stream: list[Told]) -> None:
    bench, log = Bench(), Log()
    poison = log.append(stream[0], value=b"\xff not JSON")

    await bench.apply([poison, *log.append_all(stream[1:]), *log.append_all(application(2).told)])

    assert [letter.offset for letter, _ in bench.set_aside.letters] == list(range(len(stream)))
    assert bench.store.waiting == {stream[0].stream_id: len(stream)}
    (other,) = [d for d in bench.store.people if d["_id"] == person_id(2)]
    assert other["application"]["version"] == len(application(2).told)


async def test_poison_on_a_credit_topic_is_set_aside_alone() -> None:
    bench, log = Bench(), Log()
    poison = log.append(loan(1), value=b'{"loan_id": 7}')

    await bench.apply([poison, log.append(loan(1, version=2))])

    assert [letter for letter, _ in bench.set_aside.letters] == [poison]
    assert bench.store.waiting == {}
    assert len(bench.store.people[0]["loans"]) == 1


async def test_a_gap_quarantines_the_stream_from_there_on() -> None:
    bench, log = Bench(), Log()
    told = application(1).told
    await bench.apply(log.append_all([*told[:2], *told[3:5]]))
    await bench.apply(log.append_all(told[5:]))

    assert bench.store.people[0]["application"]["version"] == 2
    assert bench.store.waiting == {told[0].stream_id: len(told)}
    assert [why for _, why in bench.set_aside.letters][:2] == [
        "gap: version 4 after 2",
        "follows its quarantined stream",
    ]


async def test_a_version_that_is_there_already_is_no_poison_any_more() -> None:
    bench, log = Bench(), Log()
    told = application(1).told
    await bench.apply(log.append_all(told))

    await bench.apply([log.append(told[2], value=b"rubbish")])

    assert bench.set_aside.letters == []


@pytest.mark.parametrize(
    "changes",
    [
        {"value": None},
        {"value": b"[]"},
        {"value": b"{}"},
        {"headers": ()},
        {"headers": (("ce_type", None), ("ce_id", b"\xff"))},
        {"headers": (*record(1).told[0].headers()[:4], ("ce_time", b"0001-01-01T00:00:00+09:00"))},
        {
            "headers": (
                *record(1).told[0].headers()[:-1],
                ("ce_streamversion", b"9" * 5000),
            )
        },
        {"headers": (*record(1).told[0].headers()[:-1], ("ce_streamversion", b"9" * 30))},
        {"headers": (*record(1).told[0].headers()[:-2], ("ce_streamid", b"customer-nobody"))},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_nothing_in_a_record_stops_the_projection(changes: dict[str, Any]) -> None:
    bench, log = Bench(), Log()

    await bench.apply([log.append(record(1).told[0], **changes), log.append(record(2).told[0])])

    assert len(bench.set_aside.letters) == 1
    assert [person["_id"] for person in bench.store.people] == [person_id(2)]
    assert bench.positions == {(topics.CUSTOMER_REGISTRY_CUSTOMERS, 0): 2}


async def test_numbers_that_no_document_holds_are_poison() -> None:
    bench, log = Bench(), Log()
    told = record(1).told[0]
    large = replace(told, facts={**told.facts, "registration_number": BEYOND_64_BITS})

    report = loan(2)
    late = replace(report, facts={**report.facts, "loan_version": BEYOND_64_BITS})

    await bench.apply([log.append(large), log.append(late)])

    assert [letter.topic for letter, _ in bench.set_aside.letters] == [large.topic, late.topic]
    assert bench.store.people == []


async def test_a_personal_part_that_is_not_what_it_should_be_is_poison() -> None:
    bench, log = Bench(), Log()
    told = application(1).told

    await bench.apply([log.append(replace(told[0], personal={"email": 1})), log.append(told[1])])

    assert bench.store.people == []
    first, _ = [why for _, why in bench.set_aside.letters]
    assert first.startswith("personal part: ValidationError")


async def test_one_record_that_no_store_takes_is_found_among_many() -> None:
    bench, log = Bench(), Log()
    refused = person_id(5)
    save = bench.store.save

    async def refusing(documents: Any, folded: FoldResult, advances: Any) -> None:
        if any(entry["person_id"] == refused for entry in folded.timeline):
            raise InvalidDocument("no")
        await save(documents, folded, advances)

    bench.store.save = refusing  # type: ignore[method-assign]
    told = [record(n, promoted=False).told[0] for n in range(10)]

    await bench.apply(log.append_all(told))

    assert len(bench.store.people) == 9
    assert bench.store.waiting == {told[5].stream_id: 1}
    assert [why for _, why in bench.set_aside.letters] == ["not storable: InvalidDocument"]


async def test_a_missing_key_is_a_fault_and_nothing_is_written_or_passed() -> None:
    bench, log = Bench(), Log()

    bench.keys.missing.add(person_id(1))

    with pytest.raises(KeyMissing):
        await bench.apply(log.append_all(application(1).told))

    assert bench.store.people == []
    assert set(bench.positions.values()) == {0}


async def test_a_document_that_changed_meanwhile_is_read_and_folded_again() -> None:
    bench, log = Bench(), Log()
    bench.store.stale_saves = 2

    await bench.apply(log.append_all(application(1).told))

    assert bench.store.people[0]["application"]["version"] == len(application(1).told)


async def test_folding_again_puts_no_letter_twice() -> None:
    bench, log = Bench(), Log()
    bench.store.stale_saves = 2

    await bench.apply([log.append(application(1).told[0], value=b"rubbish")])

    assert len(bench.set_aside.letters) == 1


async def test_replay_applies_the_repaired_record_and_what_waited_behind_it() -> None:
    bench, log = Bench(), Log()
    told = application(1).told
    poison = log.append(told[1], value=b"rubbish")
    await bench.apply([log.append(told[0]), poison, *log.append_all(told[1:])])

    replayed = await replay_records(
        [bench.reader.read(letter) for letter, _ in bench.set_aside.letters], bench.projection
    )

    assert replayed.versions == {told[0].stream_id: len(told)}
    assert replayed.failed == []
    assert bench.store.people[0]["application"]["version"] == len(told)


async def test_a_letter_that_still_fails_stops_its_stream_only() -> None:
    bench, log = Bench(), Log()
    stuck, healed = application(1).told, application(2).told
    await bench.apply(
        [
            log.append(stuck[0], value=b"rubbish"),
            *log.append_all(stuck[1:]),
            log.append(healed[0], value=b"rubbish"),
            *log.append_all(healed),
        ]
    )

    replayed = await replay_records(
        [bench.reader.read(letter) for letter, _ in bench.set_aside.letters], bench.projection
    )

    assert replayed.versions == {stuck[0].stream_id: 0, healed[0].stream_id: len(healed)}
    assert len(replayed.failed) == len(stuck)


async def test_a_letter_given_up_counts_as_skipped() -> None:
    told = application(1).told
    bench, log = Bench(discarded=frozenset({f"{told[0].topic}/0/1"})), Log()
    await bench.apply(
        [log.append(told[0]), log.append(told[1], value=b"rubbish"), *log.append_all(told[2:])]
    )

    assert bench.set_aside.letters == []
    assert bench.store.people[0]["application"]["version"] == len(told)
    assert list(bench.store.people[0]["application"]["consents"]) == ["marketing"]


async def test_an_event_of_an_unknown_type_is_on_the_timeline_and_passes_the_guard() -> None:
    bench, log = Bench(), Log()
    first, second, *_ = record(1).told
    novel = replace(first, type="record-praised.v1", facts={"a": [[["deep"]]], "n": 2**63})

    await bench.apply([log.append(novel), log.append(second)])

    assert bench.store.people[0]["registry"]["version"] == 2
    assert {entry["type"] for entry in bench.store.timeline.values()} == {
        "record-praised.v1",
        "pre-customer-activated.v1",
    }
