"""Quarantines and resolutions as older versions of the code have stored them."""

from datetime import timedelta

import pytest

from vinculo.events import utc_now
from vinculo.messaging import LetterKey, Outcome, QuarantineReason, Resolution
from vinculo.query_api.projector.quarantine import (
    Quarantine,
    discard_updates,
    quarantine_of,
    read_discarded,
    read_resolved,
    resolution_updates,
)

from ..event_samples import lifecycle, person_id
from ..projector_harness import PARTITIONS, ProjectorHarness


def test_a_quarantine_without_a_reason_is_of_an_older_version() -> None:
    since = utc_now()

    found = quarantine_of({"_id": "payer-1", "last_dead_lettered_version": 7, "since": since})

    assert found == Quarantine(
        last_dead_lettered_version=7, reason=QuarantineReason.POISON, since=since
    )
    assert quarantine_of(found.document("payer-1")) == found


@pytest.mark.servers
async def test_resolutions_are_by_place_and_event_and_older_ones_by_place(
    harness: ProjectorHarness,
) -> None:
    database = harness.dependencies.mongo.own
    await database["discarded_records"].insert_one({"_id": "a/0/1", "discarded_at": utc_now()})
    await database["applied_dead_letters"].insert_one({"_id": "a/0/2", "applied_at": utc_now()})
    discarded = Resolution(
        key=LetterKey("a", 0, 3, "an/event"),
        outcome=Outcome.DISCARDED,
        resolved_by="ops",
        reason="of no use",
    )
    replayed = Resolution(key=LetterKey("a", 0, 4, "id"), outcome=Outcome.REPLAYED)
    for resolutions in ([discarded, replayed], [discarded]):
        for collection, updates in (
            ("discarded_records", discard_updates(resolutions, utc_now())),
            ("resolutions_1", resolution_updates(resolutions, utc_now())),
        ):
            if updates:
                await database[collection].bulk_write(updates)

    assert await read_discarded(database) == {LetterKey("a", 0, 1, ""), discarded.key}
    assert await read_resolved(database, database["resolutions_1"]) == {
        LetterKey("a", 0, 1, ""),
        LetterKey("a", 0, 2, ""),
        discarded.key,
        replayed.key,
    }


@pytest.mark.servers
async def test_a_stream_that_an_older_version_has_quarantined_and_discarded_is_released(
    harness: ProjectorHarness,
) -> None:
    """Then a discard had its effect at the next replay only."""
    database = harness.dependencies.mongo.database
    await harness.make_keys(person_id(0))
    unreadable = lifecycle(0)[2][0]
    async with harness.operator() as consumer:
        (source,) = [each for each in consumer.sources if each.topic.endswith(unreadable.topic)]
    await harness.publish(unreadable, b"poison")
    await harness.dead_letter(unreadable, b"poison")
    await database["quarantine_1"].insert_one(
        {"_id": unreadable.stream_id, "last_dead_lettered_version": 1, "since": utc_now()}
    )
    place = f"{source.topic}/{unreadable.subject.int % PARTITIONS}/0"
    assert [each.name for each in await harness.pending_dead_letters()] == [place]
    await harness.dependencies.mongo.own["discarded_records"].insert_one(
        {"_id": place, "discarded_at": utc_now() - timedelta(days=1)}
    )

    report = await harness.replay_dead_letters()

    assert report.released_streams == [unreadable.stream_id]
    assert await harness.collection("quarantine") == []
    (person,) = await harness.people()
    assert person["registry"]["version"] == 1
