"""The worker on real Kafka: events are published, and those of other services consumed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
import pytest_asyncio
from sqlalchemy import select

from vinculo.contracts import EVENTS, topics
from vinculo.messaging import run_consumer
from vinculo.onboarding.main import consumer, relay
from vinculo.onboarding.storage.tables import (
    accounts,
    activation_links,
    document_claims,
    document_reservations,
    session_families,
)
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from ..application.test_document_claims import claim_events, claimed
from ..incoming_events import TOPICS, BackgroundTasks, publish, published
from ..service_fixture import (
    PASSWORD,
    ServiceFixture,
    migrate_onboarding,
    registration_body,
    running_service,
    service_settings,
)

pytestmark = pytest.mark.servers

AT = "2026-01-01T00:00:00Z"

SUBMITTED = ("dossier-submitted.v1", {"document_ids": [], "submitted_at": AT})

REGISTERED = (
    "pre-customer-registered.v1",
    {
        "registration_number": 1,
        "project": "default",
        "to_status": "pending_email_verification",
        "cause": "registration",
        "registered_at": AT,
    },
)

PROMOTED = (
    "pre-customer-promoted.v1",
    {
        "customer_id": str(UUID(int=9)),
        "project": "default",
        "policy": "reviewed",
        "policy_version": 1,
        "results": [],
        "from_status": "pending",
        "to_status": "enabled",
        "cause": "promotion",
        "registered_at": AT,
        "completed_at": AT,
        "promoted_at": AT,
    },
)

BLOCKED = (
    "record-blocked.v1",
    {
        "from_status": "enabled",
        "to_status": "blocked",
        "cause": "operator",
        "reason_code": "fraud",
        "blocked_at": AT,
    },
)

GRANTED = (
    "internal-user-granted.v1",
    {
        "role": "operator",
        "reason_code": "joined_staff",
        "granted_by": str(UUID(int=7)),
        "granted_at": AT,
    },
)

REVOKED = (
    "internal-user-revoked.v1",
    {
        "cause": "operator",
        "reason_code": "left_staff",
        "revoked_by": str(UUID(int=7)),
        "revoked_at": AT,
    },
)

ERASED = (
    "record-erased.v1",
    {
        "erasure_id": str(UUID(int=8)),
        "reason_code": "duplicate",
        "erased_by": str(UUID(int=7)),
        "erased_at": AT,
    },
)


@dataclass(frozen=True, slots=True)
class Worker:
    service: ServiceFixture
    kafka: str
    prefix: str

    async def says(self, who: str, person_id: UUID, *events: tuple[str, dict[str, Any]]) -> None:
        await publish(self.kafka, self.prefix, who, person_id, *events)

    async def account(self, person_id: UUID) -> tuple[str | None, str | None] | None:
        async with self.service.dependencies.database.connect() as connection:
            row = (
                await connection.execute(
                    select(accounts.c.status, accounts.c.kind).where(
                        accounts.c.person_id == person_id
                    )
                )
            ).one_or_none()
        return None if row is None else (row.status, row.kind)


@pytest_asyncio.fixture
async def worker(
    new_database: NewDatabase,
    keyring_url: str,
    kafka: str,
    topic_prefix: str,
    make_topics: MakeTopics,
) -> AsyncIterator[Worker]:
    await make_topics(*TOPICS)
    chosen = service_settings(
        await new_database(migrate_onboarding, "onboarding"),
        keyring_url,
        vinculo_kafka=kafka,
        vinculo_topic_prefix=topic_prefix,
        vinculo_session_timeout_ms=6000,
    )
    async with running_service(chosen) as service:
        listening = partial(run_consumer, consumer(chosen, service.dependencies))
        async with BackgroundTasks(relay(chosen).run, listening):
            yield Worker(service, kafka, topic_prefix)


async def test_a_registration_is_published_encrypted_and_by_contract(
    worker: Worker,
) -> None:
    link = await worker.service.registered()
    topic = topics.ONBOARDING_APPLICATIONS
    records = await published(worker.kafka, worker.prefix + topic, 2)

    assert [headers["ce_type"] for headers, _ in records] == [
        "vinculo.onboarding.application-started.v1",
        "vinculo.onboarding.activation-link-issued.v1",
    ]
    assert {headers["ce_subject"] for headers, _ in records} == {str(link.person_id)}
    for headers, value in records:
        type_ = headers["ce_type"].removeprefix("vinculo.onboarding.")
        EVENTS[topic][type_].model_validate(value)
    said = str(records)
    for personal in ("Ana", "Gómez", "1032456789", "ana@example.com", "3001234567", PASSWORD):
        assert personal not in said
    assert link.token not in said


async def test_a_submitted_dossier_is_the_fourth_step(
    worker: Worker, eventually: Eventually
) -> None:
    person_id, session = await worker.service.active()
    await worker.says("documents", person_id, SUBMITTED)

    async def provided() -> bool:
        response = await worker.service.get("me/application", **session)
        return bool(response.json()["steps"]["documents"] == "done")

    await eventually(provided)
    last = (await worker.service.events(person_id))[-1]
    assert (last.type, last.data) == ("documents-provided.v1", {"provided_at": AT})
    assert last.meta.causation_id is not None


@pytest.mark.parametrize(
    "needed_again",
    [
        ("dossier-reopened.v1", {"document_id": str(UUID(int=7)), "reopened_at": AT}),
        (
            "document-demanded.v1",
            {"kind": "payslip", "demanded_by": str(UUID(int=8)), "demanded_at": AT},
        ),
    ],
    ids=["rejected", "demanded"],
)
async def test_the_fourth_step_needs_attention_until_the_dossier_is_submitted_again(
    worker: Worker, eventually: Eventually, needed_again: tuple[str, dict[str, Any]]
) -> None:
    person_id, session = await worker.service.active()

    async def shown(state: str) -> dict[str, Any]:
        async def is_shown() -> bool:
            response = await worker.service.get("me/application", **session)
            return bool(response.json()["steps"]["documents"] == state)

        await eventually(is_shown)
        answer: dict[str, Any] = (await worker.service.get("me/application", **session)).json()
        return answer

    await worker.says("documents", person_id, SUBMITTED)
    await shown("done")
    await worker.says("documents", person_id, SUBMITTED, needed_again)
    rejected = await shown("attention")

    assert rejected["missing"] == ["employment", "documents", "completion"]
    assert "Necesitamos de nuevo uno de sus documentos" in rejected["message"]

    await worker.says("documents", person_id, SUBMITTED, needed_again, SUBMITTED)
    again = await shown("done")
    assert again["missing"] == ["employment", "completion"]
    assert "message" not in again


async def test_the_registry_opens_and_closes_the_account(
    worker: Worker, eventually: Eventually
) -> None:
    person_id, session = await worker.service.active()
    assert await worker.service.rows(session_families) == 1
    await worker.says("customer-registry", person_id, REGISTERED, PROMOTED, BLOCKED)

    async def blocked() -> bool:
        return await worker.account(person_id) == ("blocked", "customer")

    await eventually(blocked)
    assert (await worker.service.get("me/application", **session)).status_code == 401
    assert await worker.service.rows(session_families) == 0


async def test_an_internal_user_has_the_role_from_the_next_refresh_until_its_revocation(
    worker: Worker, eventually: Eventually
) -> None:
    person_id, _ = await worker.service.active()
    sign_in = {"document_number": "1032456789", "password": PASSWORD}
    session = (await worker.service.post("sessions", sign_in)).json()
    await worker.says("customer-registry", person_id, REGISTERED, PROMOTED, GRANTED)

    async def roles() -> Any:
        refresh = {"refresh_token": session["refresh_token"]}
        response = await worker.service.post("sessions/refresh", refresh)
        session.update(response.json())
        return jwt.decode(session["access_token"], options={"verify_signature": False})["roles"]

    async def granted() -> bool:
        return bool(await roles() == ["applicant", "operator"])

    await eventually(granted)
    await worker.says("customer-registry", person_id, REGISTERED, PROMOTED, GRANTED, REVOKED)

    async def ended() -> bool:
        return await worker.service.rows(session_families) == 0

    await eventually(ended)
    session = (await worker.service.post("sessions", sign_in)).json()
    assert await roles() == ["applicant"]


async def test_an_erased_person_leaves_nothing_and_the_document_is_free_again(
    worker: Worker, eventually: Eventually
) -> None:
    person_id, session = await worker.service.active()
    await worker.says("customer-registry", person_id, REGISTERED, ERASED)

    async def gone() -> bool:
        return await worker.account(person_id) is None

    await eventually(gone)
    service = worker.service
    sign_in = {"document_number": "1032456789", "password": PASSWORD}
    assert (await service.types(person_id))[-1] == "applicant-erased.v1"
    assert (await service.get("me/application", **session)).status_code == 401
    assert (await service.post("sessions", sign_in)).status_code == 401
    for table in (document_reservations, activation_links, accounts):
        assert await service.rows(table) == 0

    again = await service.registered()
    assert again.person_id != person_id
    assert "registration-repeated.v1" not in await service.types(again.person_id)


async def test_the_erasure_of_a_holder_ends_the_claims_to_the_document(
    worker: Worker, eventually: Eventually
) -> None:
    holder, claim_id = await claimed(worker.service)
    await worker.says("customer-registry", holder, REGISTERED, ERASED)

    async def gone() -> bool:
        return await worker.account(holder) is None

    await eventually(gone)
    types = [event.type for event in await claim_events(worker.service, claim_id)]
    assert types == ["document-claim-opened.v1", "document-claim-expired.v1"]
    assert await worker.service.rows(document_claims) == 0
    assert (await worker.service.registered()).person_id != holder


async def test_claims_are_published_by_contract_about_the_holder(worker: Worker) -> None:
    holder, _ = await claimed(worker.service)
    topic = topics.ONBOARDING_DOCUMENT_CLAIMS
    ((headers, value),) = await published(worker.kafka, worker.prefix + topic, 1)

    assert headers["ce_type"] == "vinculo.onboarding.document-claim-opened.v1"
    assert headers["ce_subject"] == str(holder)
    EVENTS[topic]["document-claim-opened.v1"].model_validate(value)
    assert not any(name in str(value) for name in ("Ana", "Gómez", "ana@example.com"))


async def test_events_about_unknown_people_do_not_stop_the_consumer(
    worker: Worker, eventually: Eventually
) -> None:
    stranger = uuid4()
    await worker.says("documents", stranger, SUBMITTED)
    await worker.says("customer-registry", stranger, REGISTERED, ERASED)
    person_id, _ = await worker.service.active()
    await worker.says("customer-registry", person_id, REGISTERED)

    async def heard() -> bool:
        return await worker.account(person_id) == ("pending_email_verification", "pre_customer")

    await eventually(heard)
    assert await worker.service.events(stranger) == []


async def test_a_repeat_after_an_erasure_registers_a_new_person(
    worker: Worker, eventually: Eventually
) -> None:
    first = await worker.service.registered()
    await worker.service.post("registrations", registration_body())
    await worker.says("customer-registry", first.person_id, ERASED)
    attempts = count()

    async def registered_anew() -> bool:
        """Each attempt is from another address and network, whose limits it stays below."""
        number = next(attempts)
        body = registration_body(email=f"ana{number}@example.com")
        await worker.service.post(
            "registrations", body, x_forwarded_for=f"203.0.{number // 250}.{number % 250}"
        )
        async with worker.service.dependencies.database.connect() as connection:
            people = (await connection.scalars(select(accounts.c.person_id))).all()
        return bool(people) and first.person_id not in people

    await eventually(registered_anew)
