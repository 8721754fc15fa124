"""Which callers are refused, and the reader that learns it from the topic."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import permutations
from uuid import UUID, uuid4

import httpx2
import pytest
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from fastapi import APIRouter, Depends, FastAPI
from prometheus_client import CollectorRegistry

from vinculo.access import (
    Permission,
    Principal,
    RevocationList,
    RevocationReader,
    Role,
    TokenVerifier,
    requires,
)
from vinculo.access.revocations import SESSION_MEMORY_SECONDS, START_TIMEOUT_SECONDS
from vinculo.contracts import Facts, topics
from vinculo.contracts.access import RolesRevoked, SessionEnded, SubjectAllowed, SubjectDenied
from vinculo.httpapi import service_app
from vinculo.testing.fixture_types import Eventually, MakeTopics
from vinculo.testing.golden_examples import golden_record

from .own_issuer import ISSUER, PERSON, SESSION, Issuer

TYPES = {
    SessionEnded: "session-ended.v1",
    SubjectDenied: "subject-denied.v1",
    SubjectAllowed: "subject-allowed.v1",
    RolesRevoked: "roles-revoked.v1",
}
APPLICANT = frozenset({Role.APPLICANT})
STAFF = frozenset({Role.APPLICANT, Role.ADMIN})
ENDED = SessionEnded(sid=SESSION)
issuer = Issuer()


def caller(roles: frozenset[Role] = STAFF, version: int | None = 3) -> Principal:
    return Principal(PERSON, roles, SESSION, version)


def list_of(*revocations: Facts) -> RevocationList:
    found = RevocationList()
    for each in revocations:
        found.apply(PERSON, each)
    return found


def denied(version: int) -> Facts:
    return SubjectDenied(registry_version=version)


def allowed(version: int) -> Facts:
    return SubjectAllowed(registry_version=version)


def revoked(version: int) -> Facts:
    return RolesRevoked(registry_version=version)


@pytest.mark.parametrize(
    ("revocations", "refusal"),
    [
        ([], None),
        ([ENDED], "session ended"),
        ([SessionEnded(sid=UUID(int=10))], None),
        ([denied(4)], "subject denied"),
        ([denied(0)], "subject denied"),
        ([denied(4), allowed(5)], None),
        ([denied(0), allowed(0), denied(0)], "subject denied"),
        ([revoked(4)], "roles revoked"),
        ([revoked(3)], None),
        ([revoked(4), revoked(2)], "roles revoked"),
        ([denied(4), revoked(5), allowed(6)], "roles revoked"),
    ],
)
def test_a_revoked_token_is_refused(revocations: list[Facts], refusal: str | None) -> None:
    assert list_of(*revocations).refusal(caller()) == refusal


def test_a_revoked_role_leaves_the_persons_own_access() -> None:
    assert list_of(revoked(9)).refusal(caller(APPLICANT)) is None


def test_a_caller_without_a_version_has_the_lowest() -> None:
    found = list_of(revoked(1))

    assert found.refusal(caller(version=None)) == "roles revoked"


def test_others_are_not_refused() -> None:
    found = RevocationList()
    found.apply(uuid4(), denied(9))
    found.apply(uuid4(), revoked(9))

    assert found.refusal(caller()) is None


@pytest.mark.parametrize("again", [1, 2, 3])
def test_records_published_again_end_in_the_same(again: int) -> None:
    """The relay may publish its last records once more, in their order."""
    history = [denied(4), revoked(5), allowed(6), denied(8)]

    for first in range(len(history)):
        repeated = history[: first + 1] + history[max(0, first + 1 - again) :]
        found = list_of(*repeated).of_subject(PERSON)
        assert found == list_of(*history).of_subject(PERSON)


def test_denials_and_roles_are_independent() -> None:
    orders = {list_of(*order).of_subject(PERSON) for order in permutations([denied(4), revoked(5)])}

    assert len(orders) == 1


def test_ended_sessions_are_forgotten_when_no_token_can_be_valid() -> None:
    now = 0.0
    found = RevocationList(clock=lambda: now)
    found.apply(PERSON, ENDED)
    now = SESSION_MEMORY_SECONDS - 1
    found.apply(PERSON, SessionEnded(sid=uuid4()))
    assert found.refusal(caller()) == "session ended"
    now = SESSION_MEMORY_SECONDS
    found.apply(PERSON, SessionEnded(sid=uuid4()))

    assert found.refusal(caller()) is None


def test_a_denial_drops_what_is_cached_of_the_person_each_time() -> None:
    forgotten: list[UUID] = []
    found = RevocationList(forgotten.append)
    for each in (denied(4), revoked(5), ENDED, denied(4), allowed(6)):
        found.apply(PERSON, each)

    assert forgotten == [PERSON, PERSON]


@asynccontextmanager
async def producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(bootstrap_servers=kafka, acks="all")
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def publish(sender: AIOKafkaProducer, topic: str, revocation: Facts) -> None:
    kind = TYPES[type(revocation)]
    await sender.send_and_wait(
        topic,
        key=str(PERSON).encode(),
        value=revocation.model_dump_json().encode(),
        headers=list(golden_record(topics.ACCESS_REVOCATIONS, kind).headers),
    )


def guarded_app(reader: RevocationReader) -> FastAPI:
    router = APIRouter(prefix="/test/v1")

    @router.get("/people", dependencies=[Depends(requires(Permission.LISTS_READ))])
    async def people() -> list[str]:
        return []

    app = service_app("test", [router], readiness={})
    app.state.token_verifier = TokenVerifier(
        ISSUER,
        keys={issuer.kid: issuer.private_key.public_key()},
        revocations=reader.revocations,
    )
    reader.install(app)
    return app


@pytest.mark.servers
async def test_a_revocation_is_obeyed_after_the_start_and_from_before_it(
    kafka: str, topic_prefix: str, make_topics: MakeTopics, eventually: Eventually
) -> None:
    topic = f"{topic_prefix}{topics.ACCESS_REVOCATIONS}"
    await make_topics(topics.ACCESS_REVOCATIONS)
    metrics = CollectorRegistry()
    reader = RevocationReader(RevocationList(), kafka, topic_prefix, registry=metrics)
    app = guarded_app(reader)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ISSUER)
    headers = {"authorization": f"Bearer {issuer.token()}"}

    async def status() -> int:
        return (await client.get("/test/v1/people", headers=headers)).status_code

    async with client, producer(kafka) as sender:
        await publish(sender, topic, denied(4))
        assert await status() == 200
        async with reader.following():
            assert reader.is_current
            assert await status() == 401
            assert (await client.get("/health/ready")).json() == {"status": "ready"}
            await sender.send_and_wait(topic, key=b"no id", value=b"{not JSON")
            await publish(sender, topic, allowed(5))

            async def is_allowed() -> bool:
                return await status() == 200

            await eventually(is_allowed)
            await publish(sender, topic, ENDED)

            async def is_refused() -> bool:
                return await status() == 401

            await eventually(is_refused)
            labels = {"topic": topic}
            assert metrics.get_sample_value("vinculo_topic_reader_current", labels) == 1
            answer = await client.get("/test/v1/people", headers=headers)
            assert answer.json()["type"] == "urn:vinculo:problem:token-invalid"
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_without_kafka_the_process_starts_after_the_timeout_and_says_so() -> None:
    metrics = CollectorRegistry()
    reader = RevocationReader(RevocationList(), "127.0.0.1:1", registry=metrics)
    app = guarded_app(reader)
    began = time.monotonic()
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ISSUER)
    async with client, reader.following(start_timeout_seconds=0.5):
        assert 0.5 <= time.monotonic() - began < START_TIMEOUT_SECONDS
        answer = await client.get("/health/ready")

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "degraded": ["revocations"]},
    )
    labels = {"topic": topics.ACCESS_REVOCATIONS}
    assert metrics.get_sample_value("vinculo_topic_reader_current", labels) == 0
    assert (metrics.get_sample_value("vinculo_topic_reader_failures_total", labels) or 0) > 0
