"""The erasure ledger on real servers: what a restored key ring lacks is found and refused."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from vinculo.eventstore import create_engine
from vinculo.privacy import (
    ErasureLedger,
    KeyDestroyed,
    KeyRing,
    KeyRingOutdatedError,
    LedgerCheck,
    LedgerEntry,
    LedgerUnavailableError,
    outstanding_erasures,
    reapply_erasure,
    record_erasures,
)
from vinculo.privacy.ledger_check import RECHECK_SECONDS, RETRY_SECONDS
from vinculo.privacy.recorded_erasures import recorded_erasures
from vinculo.testing import Eventually, MakeBucket, NewDatabase

from .test_key_ring import KEY_ENCRYPTION_KEY, migrate_keyring

EPOCH = 7
ENTRY = LedgerEntry(
    position=42,
    person_id=UUID(int=9),
    store_epoch=EPOCH,
    destroyed_at=datetime(2026, 11, 29, 12, 30, 1, 5, tzinfo=UTC),
)


@pytest_asyncio.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await new_database(migrate_keyring, "keyring"))
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def restored(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    """A second key ring, as if restored from a backup before anything was erased."""
    engine = create_engine(await new_database(migrate_keyring, "restored"))
    yield engine
    await engine.dispose()


@pytest.fixture
def ledger(bucket: MakeBucket) -> ErasureLedger:
    s3 = bucket("erasures")
    return ErasureLedger(
        url=s3.url, access_key=s3.access_key, secret_key=s3.secret_key, bucket=s3.bucket
    )


@pytest.fixture
def missing_bucket(bucket: MakeBucket) -> ErasureLedger:
    s3 = bucket("x")
    return ErasureLedger(
        url=s3.url, access_key=s3.access_key, secret_key=s3.secret_key, bucket=f"{s3.bucket}-not"
    )


@pytest.fixture
def unreachable() -> ErasureLedger:
    return ErasureLedger(url="http://127.0.0.1:1", access_key="a", secret_key="s", bucket="b" * 3)


async def erased_people(engine: AsyncEngine, count: int) -> list[UUID]:
    ring = KeyRing(engine, KEY_ENCRYPTION_KEY)
    people = [uuid4() for _ in range(count)]
    for person in people:
        await ring.create_key(person)
        await ring.destroy_key(person)
    return people


def test_the_name_of_an_entry_has_all_of_it() -> None:
    assert LedgerEntry.from_object_name(ENTRY.object_name) == ENTRY


@pytest.mark.parametrize("name", ["", "a_b", "1_2_3_4", f"{ENTRY.object_name}_x"])
def test_another_object_is_no_entry(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        LedgerEntry.from_object_name(name)


@pytest.mark.servers
async def test_entries_are_listed_from_a_position(ledger: ErasureLedger) -> None:
    first, second = ENTRY, replace(ENTRY, position=43, person_id=UUID(int=10))
    for entry in (second, first, first):
        await ledger.add(entry)

    assert await ledger.entries() == [first, second]
    assert await ledger.entries(after=41) == [first, second]
    assert await ledger.entries(after=42) == [second]
    assert await ledger.entries(after=43) == []


@pytest.mark.servers
async def test_without_the_bucket_the_ledger_is_unavailable(missing_bucket: ErasureLedger) -> None:
    with pytest.raises(LedgerUnavailableError, match="NoSuchBucket"):
        await missing_bucket.entries()

    await missing_bucket.create_bucket_when_available()
    await missing_bucket.create_bucket_when_available()

    assert await missing_bucket.entries() == []


@pytest.mark.servers
async def test_destroyed_keys_are_recorded_once_in_their_order(
    engine: AsyncEngine, ledger: ErasureLedger
) -> None:
    people = await erased_people(engine, 3)

    assert await record_erasures(engine, ledger, EPOCH) == 3
    assert await record_erasures(engine, ledger, EPOCH) == 0
    people += await erased_people(engine, 1)
    assert await record_erasures(engine, ledger, EPOCH) == 1

    entries = await ledger.entries()
    assert [(each.position, each.person_id) for each in entries] == list(enumerate(people, 1))
    assert {each.store_epoch for each in entries} == {EPOCH}


@pytest.mark.servers
async def test_further_keys_are_not_erasures_of_a_person(
    engine: AsyncEngine, ledger: ErasureLedger
) -> None:
    ring, person, further = KeyRing(engine, KEY_ENCRYPTION_KEY), uuid4(), uuid4()
    await ring.create_key(person)
    await ring.create_key(person, further)
    await ring.destroy_key(further)

    assert await record_erasures(engine, ledger, EPOCH) == 0


@pytest.mark.servers
async def test_an_erasure_waits_in_the_key_ring_while_the_ledger_is_away(
    engine: AsyncEngine, ledger: ErasureLedger, unreachable: ErasureLedger
) -> None:
    (person,) = await erased_people(engine, 1)

    with pytest.raises(LedgerUnavailableError):
        await record_erasures(engine, unreachable, EPOCH)
    await record_erasures(engine, ledger, EPOCH)

    assert [each.person_id for each in await ledger.entries()] == [person]


@pytest.mark.servers
async def test_an_entry_added_before_a_crash_is_not_added_twice(
    engine: AsyncEngine, ledger: ErasureLedger
) -> None:
    people = await erased_people(engine, 2)
    await record_erasures(engine, ledger, EPOCH)
    before = await ledger.entries()
    async with engine.begin() as connection:
        await connection.execute(
            recorded_erasures.delete().where(recorded_erasures.c.person_id == people[1])
        )

    await record_erasures(engine, ledger, EPOCH)

    assert await ledger.entries() == before
    async with engine.connect() as connection:
        recorded = select(recorded_erasures.c.position).order_by(recorded_erasures.c.position)
        assert list(await connection.scalars(recorded)) == [1, 2]


@pytest.mark.servers
async def test_an_older_key_ring_adds_nothing_to_the_ledger(
    engine: AsyncEngine, restored: AsyncEngine, ledger: ErasureLedger
) -> None:
    await erased_people(engine, 1)
    await record_erasures(engine, ledger, EPOCH)
    await erased_people(restored, 1)

    with pytest.raises(KeyRingOutdatedError):
        await record_erasures(restored, ledger, EPOCH)

    assert len(await ledger.entries()) == 1


@pytest.mark.servers
async def test_an_older_key_ring_is_refused_until_all_is_reapplied(
    engine: AsyncEngine, restored: AsyncEngine, ledger: ErasureLedger
) -> None:
    erased, unknown = await erased_people(engine, 2)
    await record_erasures(engine, ledger, EPOCH)
    now = 0.0
    check = LedgerCheck(restored, ledger, clock=lambda: now)
    ring, kept = KeyRing(restored, KEY_ENCRYPTION_KEY), uuid4()
    for person in (erased, kept):
        await ring.create_key(person)
    event_id = uuid4()
    envelope = await ring.encrypt(kept, event_id, {"v": 1})
    checked = KeyRing(restored, KEY_ENCRYPTION_KEY, require_current=check.require_current)

    with capture_logs() as logs:
        for refused in (
            checked.create_key(uuid4()),
            checked.encrypt(kept, event_id, {"v": 1}),
            checked.decrypt(kept, event_id, envelope),
        ):
            with pytest.raises(KeyRingOutdatedError, match="2 erasures"):
                await refused
    assert [each["event"] for each in logs] == ["key-ring-outdated"]

    first, second = await outstanding_erasures(restored, ledger)
    await reapply_erasure(ring, restored, first)
    now += RETRY_SECONDS
    with pytest.raises(KeyRingOutdatedError, match="1 erasures"):
        await checked.decrypt(kept, event_id, envelope)
    await reapply_erasure(ring, restored, second)
    await reapply_erasure(ring, restored, second)
    now += RETRY_SECONDS

    assert await checked.decrypt(kept, event_id, envelope) == {"v": 1}
    assert await checked.is_destroyed(erased)
    with pytest.raises(KeyDestroyed):
        await checked.create_key(unknown)
    assert await outstanding_erasures(restored, ledger) == []
    await erased_people(restored, 1)
    await record_erasures(restored, ledger, EPOCH)
    assert [each.position for each in await ledger.entries()] == [1, 2, 3]


@pytest.mark.servers
async def test_a_key_ring_that_becomes_older_is_noticed(
    engine: AsyncEngine, ledger: ErasureLedger, eventually: Eventually
) -> None:
    now = 0.0
    check = LedgerCheck(engine, ledger, clock=lambda: now)
    await check.require_current()
    await ledger.add(ENTRY)
    await check.require_current()
    now += RECHECK_SECONDS

    async def is_refused() -> bool:
        try:
            await check.require_current()
        except KeyRingOutdatedError:
            return True
        return False

    await eventually(is_refused)


@pytest.mark.servers
async def test_a_current_key_ring_stays_in_use_while_the_ledger_is_away(
    engine: AsyncEngine, ledger: ErasureLedger, unreachable: ErasureLedger, eventually: Eventually
) -> None:
    now = 0.0
    check = LedgerCheck(engine, ledger, clock=lambda: now)
    await check.require_current()
    check._ledger = unreachable  # noqa: SLF001 - the store goes away
    now += RECHECK_SECONDS

    with capture_logs() as logs:
        await check.require_current()
        await eventually(lambda: logs)
    await check.require_current()

    assert [each["event"] for each in logs] == ["erasure-ledger-not-read"]


@pytest.mark.servers
async def test_a_process_that_never_read_the_ledger_refuses(
    engine: AsyncEngine, unreachable: ErasureLedger
) -> None:
    check = LedgerCheck(engine, unreachable)

    for _ in range(2):
        with pytest.raises(LedgerUnavailableError):
            await check.require_current()


async def test_without_a_ledger_nothing_is_refused() -> None:
    await LedgerCheck(create_engine("postgresql://nobody@127.0.0.1:1/none"), None).require_current()


@pytest.mark.servers
async def test_an_older_schema_is_migrated_with_its_destroyed_keys(
    engine: AsyncEngine, ledger: ErasureLedger
) -> None:
    """The keys that were destroyed before there was a ledger are added to it."""
    people = await erased_people(engine, 2)
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE recorded_erasures"))
        await connection.execute(text("DROP INDEX keys_destroyed"))
        await connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))

    await migrate_keyring(engine.url.render_as_string(hide_password=False))

    assert await record_erasures(engine, ledger, EPOCH) == 2
    assert [each.person_id for each in await ledger.entries()] == people
