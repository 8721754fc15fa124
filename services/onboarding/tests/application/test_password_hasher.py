"""Passwords are hashed by Argon2id in a bounded pool."""

import asyncio

import pytest

from vinculo.onboarding.application.password_hasher import (
    HashingCost,
    PasswordHasher,
    default_threads,
)

from ..service_fixture import CHEAP_HASHING, PASSWORD


async def test_passwords_are_hashed_by_argon2id_at_the_advised_cost() -> None:
    passwords = PasswordHasher()
    kept = await passwords.hash(PASSWORD)
    passwords.close()

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_password_matches_its_hash_only() -> None:
    passwords = PasswordHasher(CHEAP_HASHING)
    kept = await passwords.hash(PASSWORD)

    assert (await passwords.verify(PASSWORD, kept)).matches
    assert not (await passwords.verify(PASSWORD + " ", kept)).matches
    assert not (await passwords.verify(PASSWORD, None)).matches
    passwords.close()


async def test_a_hash_of_another_cost_is_replaced() -> None:
    kept = await PasswordHasher(CHEAP_HASHING).hash(PASSWORD)
    dearer = PasswordHasher(HashingCost(memory_kib=16, time_cost=1))
    verification = await dearer.verify(PASSWORD, kept)

    assert verification.new_hash is not None
    assert "m=16," in verification.new_hash
    assert (await dearer.verify(PASSWORD, verification.new_hash)).new_hash is None


async def test_hashing_leaves_the_event_loop_free() -> None:
    passwords = PasswordHasher()
    hashing = asyncio.ensure_future(passwords.hash(PASSWORD))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    passwords.close()

    assert turns > 10


@pytest.mark.parametrize(("cores", "threads"), [(None, 1), (1, 1), (2, 1), (8, 7)])
def test_one_core_remains_for_the_other_requests(cores: int | None, threads: int) -> None:
    assert default_threads(cores) == threads
