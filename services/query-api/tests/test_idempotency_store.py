"""A key is held by a lease, bound to its body, and forgotten once it has expired."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from vinculo.httpapi.idempotency_store import (
    RETENTION,
    KeyReused,
    RequestInFlight,
    SavedResponse,
)
from vinculo.query_api.idempotency_store import IDEMPOTENCY_KEYS, LEASE, MongoIdempotencyStore
from vinculo.query_api.mongo import Mongo, connect
from vinculo.testing.fixture_types import MongoUrl

pytestmark = pytest.mark.servers

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
RESPONSE = SavedResponse(202, {"location": "/exports/1"}, b'{"export_id": "1"}')
KEY, BODY = b"key", b"digest"


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(params=["motor", "pymongo"])
async def mongo(request: pytest.FixtureRequest, mongo_url: MongoUrl) -> AsyncIterator[Mongo]:
    made = connect(mongo_url("query"), request.param)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def store(mongo: Mongo, clock: Clock) -> MongoIdempotencyStore:
    store = MongoIdempotencyStore(mongo.own, clock)
    await store.prepare()
    return store


async def run(store: MongoIdempotencyStore, key: bytes = KEY, body: bytes = BODY) -> SavedResponse:
    """The saved response, or `RESPONSE` after saving it."""
    async with store.reserve(key, body) as reserved:
        if reserved.saved is not None:
            return reserved.saved
        await reserved.save(RESPONSE)
        return RESPONSE


async def test_a_repeat_gets_the_saved_response(store: MongoIdempotencyStore) -> None:
    await run(store)

    async with store.reserve(KEY, BODY) as repeated:
        assert repeated.saved == RESPONSE


async def test_other_keys_are_independent(store: MongoIdempotencyStore) -> None:
    await run(store)

    async with store.reserve(b"other key", b"other digest") as reserved:
        assert reserved.saved is None


async def test_a_key_is_bound_to_its_body(store: MongoIdempotencyStore) -> None:
    await run(store)

    with pytest.raises(KeyReused):
        await run(store, body=b"other digest")


async def test_a_repeat_while_the_first_request_runs_is_refused(
    store: MongoIdempotencyStore,
) -> None:
    async with store.reserve(KEY, BODY) as first:
        with pytest.raises(RequestInFlight):
            await run(store)
        await first.save(RESPONSE)

    assert await run(store) == RESPONSE


async def test_a_failed_request_releases_its_lease(store: MongoIdempotencyStore) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.reserve(KEY, BODY):
            raise ZeroDivisionError

    with pytest.raises(KeyReused):
        await run(store, body=b"other digest")
    async with store.reserve(KEY, BODY) as again:
        assert again.saved is None


async def test_an_expired_lease_is_taken_over(store: MongoIdempotencyStore, clock: Clock) -> None:
    """The process of the first request may have died; its late response is not saved."""
    async with store.reserve(KEY, BODY) as first:
        clock.now += LEASE
        async with store.reserve(KEY, BODY) as second:
            assert second.saved is None
            await first.save(SavedResponse(500, {}, b"late"))
            await second.save(RESPONSE)

    assert await run(store) == RESPONSE


async def test_an_expired_key_is_free_for_another_body(
    store: MongoIdempotencyStore, clock: Clock
) -> None:
    await run(store)
    clock.now += RETENTION

    async with store.reserve(KEY, b"other digest") as reserved:
        assert reserved.saved is None


async def test_expired_keys_are_deleted_by_mongodb(
    mongo: Mongo, store: MongoIdempotencyStore
) -> None:
    await run(store)
    keys = mongo.own[IDEMPOTENCY_KEYS]
    indexes = await keys.index_information()
    stored = await keys.find_one({})

    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0
    assert stored is not None
    assert stored["expires_at"] == NOW + RETENTION
