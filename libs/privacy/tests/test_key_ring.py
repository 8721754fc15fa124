"""The key ring on real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.events import ERASED
from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.privacy import (
    EnvelopeRefused,
    FurtherKey,
    KeyDestroyed,
    KeyMissing,
    KeyRing,
    KeyUnreadable,
)
from vinculo.privacy.key_ring import keys, new_wrapped_key
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

KEY_ENCRYPTION_KEY = bytes(range(32))
migrate_keyring = partial(migrate, package="vinculo.privacy")


@pytest_asyncio.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await new_database(migrate_keyring, "keyring"))
    yield engine
    await engine.dispose()


@pytest.fixture
def key_ring(engine: AsyncEngine) -> KeyRing:
    return KeyRing(engine, KEY_ENCRYPTION_KEY)


async def encrypted(key_ring: KeyRing, plain: dict[str, Any]) -> tuple[UUID, UUID, dict[str, Any]]:
    subject, event_id = uuid4(), uuid4()
    await key_ring.create_key(subject)
    return subject, event_id, await key_ring.encrypt(subject, event_id, plain)


async def test_one_process_decrypts_what_another_encrypted(engine: AsyncEngine) -> None:
    one, other = (KeyRing(engine, KEY_ENCRYPTION_KEY) for _ in range(2))

    envelope = await encrypted(one, {"v": 1, "email": "persona@example.com"})

    assert await other.decrypt(*envelope) == {"v": 1, "email": "persona@example.com"}


async def test_creating_a_key_again_keeps_the_first(key_ring: KeyRing) -> None:
    subject, event_id, envelope = await encrypted(key_ring, {"a": 1})

    await key_ring.create_key(subject)
    key_ring.forget(subject)

    assert await key_ring.decrypt(subject, event_id, envelope) == {"a": 1}


async def test_fifty_simultaneous_creations_make_one_key(engine: AsyncEngine) -> None:
    subject, event_id = uuid4(), uuid4()
    rings = [KeyRing(engine, KEY_ENCRYPTION_KEY) for _ in range(50)]

    await asyncio.gather(*(ring.create_key(subject) for ring in rings))
    envelopes = await asyncio.gather(*(ring.encrypt(subject, event_id, {"a": 1}) for ring in rings))

    opened = await rings[0].decrypt_many([(subject, event_id, envelope) for envelope in envelopes])
    assert opened == [{"a": 1}] * 50


async def test_the_part_of_an_erased_person_is_erased_in_every_process(engine: AsyncEngine) -> None:
    one, other = (KeyRing(engine, KEY_ENCRYPTION_KEY) for _ in range(2))
    envelope = await encrypted(one, {"a": 1})

    await one.destroy_key(envelope[0])

    assert await one.decrypt(*envelope) == ERASED
    assert await other.decrypt(*envelope) == ERASED


async def test_another_process_cannot_decrypt_after_forget(engine: AsyncEngine) -> None:
    one, other = (KeyRing(engine, KEY_ENCRYPTION_KEY) for _ in range(2))
    envelope = await encrypted(one, {"a": 1})
    await other.decrypt(*envelope)

    await one.destroy_key(envelope[0])
    other.forget(envelope[0])

    assert await other.decrypt(*envelope) == ERASED


async def test_destroying_again_returns_the_first_time(key_ring: KeyRing) -> None:
    subject, _, _ = await encrypted(key_ring, {"a": 1})

    first = await key_ring.destroy_key(subject)

    assert first.tzinfo is not None
    assert await key_ring.destroy_key(subject) == first


async def test_an_erased_person_gets_no_second_key(key_ring: KeyRing) -> None:
    subject, event_id, _ = await encrypted(key_ring, {"a": 1})
    await key_ring.destroy_key(subject)

    with pytest.raises(KeyDestroyed):
        await key_ring.create_key(subject)
    with pytest.raises(KeyDestroyed):
        await key_ring.encrypt(subject, event_id, {"a": 1})


async def test_a_missing_row_is_an_error_and_not_an_erasure(key_ring: KeyRing) -> None:
    unknown_person, event_id = uuid4(), uuid4()
    envelope = {"v": 1, "kid": str(unknown_person), "n": "AAAAAAAAAAAAAAAA", "ct": "AAAA"}

    with pytest.raises(KeyMissing):
        await key_ring.decrypt(unknown_person, event_id, envelope)
    with pytest.raises(KeyMissing):
        await key_ring.encrypt(unknown_person, event_id, {})
    with pytest.raises(KeyMissing):
        await key_ring.destroy_key(unknown_person)


async def test_a_missing_row_is_not_cached(key_ring: KeyRing) -> None:
    subject = uuid4()
    with pytest.raises(KeyMissing):
        await key_ring.encrypt(subject, uuid4(), {})

    await key_ring.create_key(subject)

    assert await key_ring.encrypt(subject, uuid4(), {})


async def test_one_missing_row_fails_all_of_many(key_ring: KeyRing) -> None:
    known = await encrypted(key_ring, {"a": 1})
    unknown_person = uuid4()
    unknown = (unknown_person, uuid4(), known[2] | {"kid": str(unknown_person)})

    with pytest.raises(KeyMissing):
        await key_ring.decrypt_many([known, unknown])


async def test_many_envelopes_are_decrypted_in_order_with_one_query(
    engine: AsyncEngine, key_ring: KeyRing
) -> None:
    envelopes = [await encrypted(key_ring, {"number": number}) for number in range(20)]
    await key_ring.destroy_key(envelopes[7][0])
    queries: list[str] = []
    event.listen(
        engine.sync_engine, "before_cursor_execute", lambda *call: queries.append(str(call[2]))
    )

    opened = await KeyRing(engine, KEY_ENCRYPTION_KEY).decrypt_many([*envelopes, envelopes[0]])

    expected: list[Any] = [{"number": number} for number in range(20)]
    expected[7] = ERASED
    assert opened == [*expected, {"number": 0}]
    assert len(queries) == 1


async def test_cached_keys_need_no_query(key_ring: KeyRing, engine: AsyncEngine) -> None:
    envelope = await encrypted(key_ring, {"a": 1})
    await engine.dispose()
    event.listen(engine.sync_engine, "before_cursor_execute", pytest.fail)

    assert await key_ring.decrypt(*envelope) == {"a": 1}
    assert await key_ring.decrypt_many([]) == []


async def test_an_old_cached_key_is_read_again(engine: AsyncEngine) -> None:
    now = 0.0
    ring = KeyRing(engine, KEY_ENCRYPTION_KEY, clock=lambda: now)
    envelope = await encrypted(ring, {"a": 1})
    await KeyRing(engine, KEY_ENCRYPTION_KEY).destroy_key(envelope[0])

    assert await ring.decrypt(*envelope) == {"a": 1}
    now = 301.0
    assert await ring.decrypt(*envelope) == ERASED


async def test_another_key_encryption_key_is_an_error(engine: AsyncEngine) -> None:
    envelope = await encrypted(KeyRing(engine, KEY_ENCRYPTION_KEY), {"a": 1})

    with pytest.raises(KeyUnreadable):
        await KeyRing(engine, bytes(32)).decrypt(*envelope)


async def test_a_wrapped_key_moved_to_another_person_is_an_error(
    engine: AsyncEngine, key_ring: KeyRing
) -> None:
    subject, event_id, envelope = await encrypted(key_ring, {"a": 1})
    other = uuid4()
    async with engine.begin() as connection:
        wrapped = await connection.scalar(keys.select().with_only_columns(keys.c.wrapped_key))
        await connection.execute(
            insert(keys).values(key_id=other, subject=other, wrapped_key=wrapped)
        )

    with pytest.raises(KeyUnreadable):
        await key_ring.decrypt(other, event_id, envelope | {"kid": str(other)})
    assert await key_ring.decrypt(subject, event_id, envelope) == {"a": 1}


async def test_an_envelope_for_another_erased_person_is_refused(
    key_ring: KeyRing,
) -> None:
    erased, event_id, _ = await encrypted(key_ring, {"a": 1})
    await key_ring.destroy_key(erased)
    living = await encrypted(key_ring, {"a": 1})

    with pytest.raises(EnvelopeRefused):
        await key_ring.decrypt(erased, event_id, living[2])


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM keys",
        "TRUNCATE keys",
        r"UPDATE keys SET wrapped_key = '\x00', destroyed_at = NULL",
        "UPDATE keys SET destroyed_at = clock_timestamp()",
    ],
)
async def test_the_database_refuses_to_undo_an_erasure(
    engine: AsyncEngine, key_ring: KeyRing, statement: str
) -> None:
    subject, _, _ = await encrypted(key_ring, {"a": 1})
    await key_ring.destroy_key(subject)

    with pytest.raises(DBAPIError, match="destroyed"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))


async def test_the_database_refuses_a_row_neither_destroyed_nor_wrapped(
    engine: AsyncEngine,
) -> None:
    with pytest.raises(DBAPIError, match="destroyed_or_wrapped"):
        async with engine.begin() as connection:
            await connection.execute(insert(keys).values(key_id=uuid4(), subject=uuid4()))


async def test_migrating_again_changes_nothing(new_database: NewDatabase) -> None:
    url = await new_database(migrate_keyring, "keyring")
    await migrate(url, "vinculo.privacy")
    engine = create_engine(url)
    try:
        await encrypted(KeyRing(engine, KEY_ENCRYPTION_KEY), {"a": 1})
    finally:
        await engine.dispose()


async def test_a_further_key_is_destroyed_alone(key_ring: KeyRing) -> None:
    subject, event_id, own = await encrypted(key_ring, {"a": 1})
    first, second = uuid4(), uuid4()
    envelopes = []
    for key_id in (first, second):
        await key_ring.create_key(subject, key_id)
        further = FurtherKey(key_ring, key_id)
        envelopes.append(await further.encrypt(subject, event_id, {"b": 2}))

    await key_ring.destroy_key(first)

    opened = await key_ring.decrypt_many([(subject, event_id, each) for each in (own, *envelopes)])
    assert [each["kid"] for each in envelopes] == [str(first), str(second)]
    assert opened == [{"a": 1}, ERASED, {"b": 2}]


async def test_an_erasure_destroys_every_key_of_the_person_and_admits_no_other(
    engine: AsyncEngine, key_ring: KeyRing
) -> None:
    subject, event_id, own = await encrypted(key_ring, {"a": 1})
    key_id, other_ring = uuid4(), KeyRing(engine, KEY_ENCRYPTION_KEY)
    await key_ring.create_key(subject, key_id)
    further = await key_ring.encrypt(subject, event_id, {"b": 2}, key_id=key_id)
    await other_ring.decrypt(subject, event_id, further)

    await key_ring.destroy_key(subject)
    other_ring.forget(subject)

    for ring in (key_ring, other_ring):
        parts = [(subject, event_id, own), (subject, event_id, further)]
        assert await ring.decrypt_many(parts) == [ERASED, ERASED]
    with pytest.raises(KeyDestroyed):
        await key_ring.create_key(subject, uuid4())


async def test_keys_that_are_added_during_an_erasure_are_destroyed_or_refused(
    engine: AsyncEngine, key_ring: KeyRing
) -> None:
    for _ in range(10):
        subject = uuid4()
        await key_ring.create_key(subject)
        added = await asyncio.gather(
            *(key_ring.create_key(subject, uuid4()) for _ in range(4)),
            key_ring.destroy_key(subject),
            *(key_ring.create_key(subject, uuid4()) for _ in range(4)),
            return_exceptions=True,
        )

        unexpected = [
            each
            for each in added
            if isinstance(each, BaseException) and not isinstance(each, KeyDestroyed)
        ]
        async with engine.connect() as connection:
            left = await connection.scalars(
                select(keys.c.key_id).where(
                    keys.c.subject == subject, keys.c.destroyed_at.is_(None)
                )
            )
        assert unexpected == []
        assert left.all() == []


async def test_a_further_key_needs_the_persons_own(key_ring: KeyRing) -> None:
    with pytest.raises(KeyMissing):
        await key_ring.create_key(uuid4(), uuid4())


async def test_a_key_of_another_person_is_refused(key_ring: KeyRing) -> None:
    subject, event_id, _ = await encrypted(key_ring, {"a": 1})
    other, _, _ = await encrypted(key_ring, {"a": 1})
    key_id = uuid4()
    await key_ring.create_key(other, key_id)
    foreign = await key_ring.encrypt(other, event_id, {"b": 2}, key_id=key_id)

    with pytest.raises(EnvelopeRefused, match="another person"):
        await key_ring.encrypt(subject, event_id, {"b": 2}, key_id=key_id)
    with pytest.raises(EnvelopeRefused, match="another person"):
        await key_ring.decrypt(subject, event_id, foreign)


async def test_existing_keys_migrate_with_the_id_of_their_person(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, "vinculo.privacy", revision="0001")
    engine = create_engine(url)
    living, erased = uuid4(), uuid4()
    wrapped = new_wrapped_key(AESGCM(KEY_ENCRYPTION_KEY), living)
    try:
        async with engine.begin() as connection:
            statement = text("INSERT INTO keys (subject, wrapped_key) VALUES (:subject, :key)")
            for subject in (living, erased):
                await connection.execute(statement, {"subject": subject, "key": wrapped})
            await connection.execute(
                text(
                    "UPDATE keys SET wrapped_key = NULL, destroyed_at = now()"
                    " WHERE subject = :subject"
                ),
                {"subject": erased},
            )
        await migrate(url, "vinculo.privacy")
        ring, event_id = KeyRing(engine, KEY_ENCRYPTION_KEY), uuid4()

        envelope = await ring.encrypt(living, event_id, {"a": 1})
        assert await ring.decrypt(living, event_id, envelope) == {"a": 1}
        with pytest.raises(KeyDestroyed):
            await ring.encrypt(erased, event_id, {})
    finally:
        await engine.dispose()


def test_a_key_encryption_key_of_another_length_is_refused() -> None:
    engine = create_engine("postgresql://nobody@127.0.0.1:1/none")

    with pytest.raises(ValueError, match="32 bytes"):
        KeyRing(engine, bytes(16))
