"""The projector on the real servers."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert

from vinculo.contracts import topics
from vinculo.events import utc_now
from vinculo.privacy.envelopes import seal_envelope
from vinculo.privacy.key_wrapping import new_wrapped_key, unwrapped
from vinculo.privacy.tables import keys
from vinculo.query_api.generations import active_generation, ensure_first_generation
from vinculo.query_api.projector.dead_letters import (
    discard_dead_letter,
    pending_dead_letters,
    replay_dead_letters,
)
from vinculo.testing.fixture_types import Eventually

from .folded import person_of
from .projector_on_servers import PARTITIONS, Stage
from .told_events import PAYER, Told, erased, life_of, payer, person_id, record

pytestmark = pytest.mark.servers


def of(*numbers: int) -> list[Told]:
    return [told for number in numbers for stream in life_of(number) for told in stream]


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_what_all_services_say_becomes_one_document_per_person(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(*(person_id(n) for n in range(4)))
    await on_servers.say([*of(0, 1, 2, 3), *payer().told])
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)

    people = {person["_id"]: person for person in await on_servers.people()}
    for number in range(4):
        assert people[person_id(number)] == await person_of(*life_of(number))
    assert await on_servers.totals() == {("customer", "enabled", 1): 4}
    (entity,) = await on_servers.collection("payers")
    assert (entity["_id"], entity["name"]) == (PAYER, "Pagaduría del Valle")


async def test_projected_twice_from_the_beginning_it_is_the_same(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(person_id(1))
    await on_servers.say(of(1))
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
    before = await on_servers.people(), await on_servers.collection("events")
    totals = await on_servers.totals()
    positions = on_servers.parts.mongo.database["positions_1"]
    await positions.update_many({}, {"$set": {"offset": 0}})

    async with on_servers.projecting():
        await eventually(lambda: all_caught_up(on_servers))

    assert (await on_servers.people(), await on_servers.collection("events")) == before
    assert await on_servers.totals() == totals


async def all_caught_up(on_servers: Stage) -> bool:
    """Whether each partition that was written to is applied to its end."""
    written: dict[str, int] = {}
    for told in on_servers.said:
        prefix = on_servers.parts.settings.vinculo_topic_prefix
        key = f"{prefix}{told.topic}/{told.subject.int % PARTITIONS}"
        written[key] = written.get(key, 0) + 1
    found = {p["_id"]: p["offset"] for p in await on_servers.collection("positions")}
    return all(found.get(key, 0) >= offset for key, offset in written.items())


async def test_two_workers_share_the_partitions_and_one_goes_on_alone(
    on_servers: Stage, eventually: Eventually
) -> None:
    people = range(12)
    await on_servers.make_keys(*(person_id(n) for n in people))
    async with on_servers.projecting():
        async with on_servers.projecting():
            await on_servers.say(of(*people[:6]))
        await on_servers.say(of(*people[6:]))
        await eventually(on_servers.shows_everything)

    assert await on_servers.people() == sorted(
        [await person_of(*life_of(n)) for n in people], key=lambda person: person["_id"].bytes
    )
    assert await on_servers.totals() == await on_servers.counted()
    assert await on_servers.history() == await on_servers.counted_history()
    assert await pending_dead_letters(on_servers.parts) == []


@pytest.mark.parametrize("point", ["projector-mid-batch", "projector-before-commit-offset"])
async def test_killed_at_any_point_it_loses_and_doubles_nothing(
    on_servers: Stage, eventually: Eventually, point: str
) -> None:
    await on_servers.make_keys(*(person_id(n) for n in range(5)))
    await on_servers.say(of(*range(5)))
    assert await exit_code(on_servers, point) == -signal.SIGKILL

    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)

    assert await on_servers.people() == sorted(
        [await person_of(*life_of(n)) for n in range(5)], key=lambda person: person["_id"].bytes
    )
    assert await on_servers.totals() == await on_servers.counted()
    assert await on_servers.history() == await on_servers.counted_history()
    assert await pending_dead_letters(on_servers.parts) == []


async def exit_code(on_servers: Stage, crash_at: str) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "projector", "--port", "0"),
        env={**os.environ, **on_servers.environment, "VINCULO_CRASH_AT": crash_at},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_an_erased_person_is_gone_and_stays_gone(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(person_id(0), person_id(1))
    await on_servers.say(of(0, 1))
    last = erased(0, record(0)).told[-1]
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
        await on_servers.say([last])
        await on_servers.parts.keys.destroy_key(person_id(0))
        await eventually(on_servers.shows_everything)

    gone = next(p for p in await on_servers.people() if p["_id"] == person_id(0))
    assert gone["erased_at"] is not None
    assert not {"personal", "kind", "name"} & gone.keys()
    assert await on_servers.totals() == {("customer", "enabled", 1): 1}
    sealed = [e for e in await on_servers.collection("events") if e["person_id"] == person_id(0)]
    assert "Persona0" not in str(sealed)
    assert any(entry.get("personal") for entry in sealed)


async def test_without_a_key_only_that_partition_waits_until_the_key_is_there(
    on_servers: Stage, eventually: Eventually
) -> None:
    keyless = person_id(0)
    other = next(
        n for n in range(1, 50) if person_id(n).int % PARTITIONS != keyless.int % PARTITIONS
    )
    wrapping = AESGCM(on_servers.parts.settings.key_encryption_key)
    key = new_wrapped_key(wrapping, keyless)
    cipher = unwrapped(wrapping, keyless, key)
    await on_servers.make_keys(person_id(other))
    for told in of(0):
        envelope = (
            None
            if told.personal is None
            else seal_envelope(cipher, keyless, told.event_id, told.personal)
        )
        await on_servers.publish(told, told.value(envelope))
    await on_servers.say(of(other))

    async with on_servers.projecting():
        await eventually(lambda: shown(on_servers, other))
        assert not await shown(on_servers, 0)
        async with on_servers.parts.keyring.begin() as connection:
            await connection.execute(insert(keys).values(subject=keyless, wrapped_key=key))
        await eventually(lambda: shown(on_servers, 0))

    assert await pending_dead_letters(on_servers.parts) == []


async def shown(on_servers: Stage, number: int) -> bool:
    people = await on_servers.people()
    return any(p["_id"] == person_id(number) and "kind" in p for p in people)


@pytest.mark.parametrize(
    "topic",
    [
        topics.ONBOARDING_APPLICATIONS,
        topics.DOCUMENTS_DOSSIERS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS,
        topics.NOTIFICATIONS_MESSAGES,
        topics.CREDIT_LOANS,
    ],
)
async def test_poison_is_quarantined_and_replay_heals_it(
    on_servers: Stage, eventually: Eventually, topic: str
) -> None:
    await on_servers.make_keys(person_id(0), person_id(1))
    async with on_servers.projecting():
        for told in of(0):
            if told.topic == topic and told.version == 1:
                await on_servers.publish(told, b"\x00 poison")
            await on_servers.say([told])
        await on_servers.say(of(1))
        await eventually(lambda: all_caught_up(on_servers))
        await eventually(lambda: shown(on_servers, 1))
        rows = await on_servers.collection("quarantine")
        assert len(rows) == (0 if topic == topics.CREDIT_LOANS else 1)

        (done,) = await replay_dead_letters(on_servers.parts)
        await eventually(on_servers.shows_everything)

    assert done.still_quarantined == []
    assert await on_servers.collection("quarantine") == []
    assert (await on_servers.people()) == sorted(
        [await person_of(*life_of(n)) for n in (0, 1)], key=lambda person: person["_id"].bytes
    )


async def test_a_letter_given_up_lets_its_stream_go_on(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(person_id(0))
    first, second, *rest = life_of(0)[2]
    async with on_servers.projecting():
        await on_servers.say([first])
        await on_servers.publish(replace(second, facts={}), b"{}")
        await on_servers.say(rest)
        await eventually(lambda: quarantined(on_servers))
        letters = await eventually(lambda: all_letters(on_servers, 1 + len(rest)))
        await replay_dead_letters(on_servers.parts)
        assert await quarantined(on_servers)

        assert await discard_dead_letter(on_servers.parts, letters[0].name, utc_now())
        (done,) = await replay_dead_letters(on_servers.parts)

    assert done.released == [first.stream_id]
    (person,) = await on_servers.people()
    assert person["registry"]["version"] == 2 + len(rest)


async def quarantined(on_servers: Stage) -> bool:
    return bool(await on_servers.collection("quarantine"))


async def all_letters(on_servers: Stage, number: int) -> list[Any]:
    letters = await pending_dead_letters(on_servers.parts)
    return letters if len(letters) >= number else []


async def test_a_read_model_thrown_away_fills_itself_again(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(person_id(0))
    await on_servers.say(of(0))
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
    before = await on_servers.people()
    database = on_servers.parts.mongo.database
    await on_servers.parts.mongo.client.drop_database(database.name)

    await ensure_first_generation(database, utc_now())
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)

    assert await on_servers.people() == before
    assert await active_generation(database) == "1"
