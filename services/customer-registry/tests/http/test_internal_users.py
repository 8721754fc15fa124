"""Customers made internal users, and what takes that back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.customer_registry.domain import customer_decisions
from vinculo.customer_registry.domain.customer import InternalRole, RevocationCause, Status
from vinculo.customer_registry.domain.customer_refusals import (
    CannotChangeOwnRecord,
    NotACustomer,
    PersonIsUnknown,
    RecordIsBlocked,
    RecordIsErased,
)
from vinculo.customer_registry.domain.internal_users import InternalUserCommand
from vinculo.events.testing import Scenario

from ..http_calls import ADMIN, app_of, as_, calling, slug
from ..incoming_events import Applicant
from ..record_histories import (
    CUSTOMER,
    ERASED,
    GRANTED,
    HISTORIES,
    NOW,
    PENDING,
    PERSON,
    REVOKED,
    blocked,
    change,
    disabled,
    erase,
    grant,
    revoke,
)
from ..registry_harness import RegistryUnderTest

PEOPLE = "/registry/v1/people"

record = Scenario(customer_decisions.CUSTOMER)


def test_a_customer_is_made_an_internal_user() -> None:
    record.given(*CUSTOMER).when(grant()).then(replace(GRANTED, granted_at=NOW))


def test_the_same_role_is_not_granted_twice() -> None:
    record.given(*CUSTOMER, GRANTED).when(grant()).then_nothing_happens()


def test_another_role_takes_the_place_of_the_first() -> None:
    admin = grant(role=InternalRole.ADMIN)

    record.given(*CUSTOMER, GRANTED).when(admin).then(
        replace(GRANTED, role=InternalRole.ADMIN, granted_at=NOW)
    )


def test_an_internal_user_is_revoked() -> None:
    record.given(*CUSTOMER, GRANTED).when(revoke()).then(REVOKED)


def test_who_is_no_internal_user_is_not_revoked() -> None:
    record.given(*CUSTOMER, GRANTED, REVOKED).when(revoke()).then_nothing_happens()


@pytest.mark.parametrize("command", [grant(), revoke()])
def test_only_customers_are_internal_users(command: InternalUserCommand) -> None:
    record.given(*PENDING).when(command).then_refused(NotACustomer)
    record.given().when(command).then_refused(PersonIsUnknown)
    record.given(*CUSTOMER, ERASED).when(command).then_refused(RecordIsErased)


def test_a_blocked_customer_is_not_made_an_internal_user() -> None:
    record.given(*HISTORIES["customer blocked"]).when(grant()).then_refused(RecordIsBlocked)


@pytest.mark.parametrize("command", [grant(by=PERSON), revoke(by=PERSON)])
def test_nobody_grants_or_revokes_on_the_own_record(command: InternalUserCommand) -> None:
    record.given(*CUSTOMER, GRANTED).when(command).then_refused(CannotChangeOwnRecord)


def test_a_block_takes_it_back() -> None:
    move = change(Status.BLOCKED)
    expected = replace(blocked(Status.ENABLED), blocked_at=NOW, reason_code=move.reason_code)

    record.given(*CUSTOMER, GRANTED).when(move).then(
        expected,
        replace(
            REVOKED,
            cause=RevocationCause.RECORD_BLOCKED,
            reason_code=move.reason_code.value,
            revoked_by=None,
        ),
    )


def test_other_moves_leave_it() -> None:
    move = change(Status.DISABLED)
    expected = replace(disabled(Status.ENABLED), disabled_at=NOW, reason_code=move.reason_code)

    record.given(*CUSTOMER, GRANTED).when(move).then(expected)


def test_an_erasure_takes_it_back_first() -> None:
    command = erase()

    record.given(*CUSTOMER, GRANTED).when(command).then(
        replace(
            REVOKED,
            cause=RevocationCause.RECORD_ERASED,
            reason_code="duplicate",
            revoked_by=None,
        ),
        replace(ERASED, reason_code=command.reason_code, erased_at=NOW),
    )


@pytest_asyncio.fixture(loop_scope="session")
async def http(registry: RegistryUnderTest) -> AsyncIterator[httpx2.AsyncClient]:
    async with calling(app_of(registry)) as client:
        yield client


async def granted(
    http: httpx2.AsyncClient, person_id: UUID, version: int, subject: UUID = ADMIN, **body: str
) -> httpx2.Response:
    return await http.post(
        f"{PEOPLE}/{person_id}/internal-user-grants",
        json={"role": "operator", "reason_code": "joined_staff", **body},
        headers=as_(Role.ADMIN, subject, if_match=version),
    )


@pytest.mark.servers
async def test_a_grant_is_made_seen_and_taken_back(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)
    version = len(await registry.events(applicant.person_id))
    answer = await granted(http, applicant.person_id, version)

    assert (answer.status_code, answer.json()) == (
        201,
        {"role": "operator", "version": version + 1},
    )
    person = f"{PEOPLE}/{applicant.person_id}"
    shown = (await http.get(person, headers=as_(Role.VIEWER))).json()
    assert shown["internal_role"] == "operator"
    revoked = await http.delete(
        f"{person}/internal-user-grants",
        params={"reason_code": "left_staff"},
        headers=as_(Role.ADMIN, ADMIN, if_match=version + 1),
    )
    assert (revoked.status_code, revoked.json()) == (200, {"role": None, "version": version + 2})
    stored = (await registry.events(applicant.person_id))[-1]
    assert (stored.data["cause"], stored.data["revoked_by"]) == ("operator", str(ADMIN))


@pytest.mark.servers
async def test_grants_that_are_refused_are_named_problems(
    registry: RegistryUnderTest, http: httpx2.AsyncClient
) -> None:
    customer, pending = Applicant(), Applicant()
    await registry.promoted(customer)
    await registry.pending(pending)
    version = len(await registry.events(customer.person_id))
    of_pending = len(await registry.events(pending.person_id))

    early = await granted(http, pending.person_id, of_pending)
    own = await granted(http, customer.person_id, version, customer.person_id)
    outdated = await granted(http, customer.person_id, version - 1)
    no_role = await granted(http, customer.person_id, version, role="applicant")
    service = await granted(http, customer.person_id, version, role="service")
    unseen = await http.delete(
        f"{PEOPLE}/{customer.person_id}/internal-user-grants",
        params={"reason_code": "left_staff"},
        headers=as_(Role.ADMIN, ADMIN),
    )

    assert (early.status_code, slug(early)) == (409, "not-a-customer")
    assert (own.status_code, slug(own)) == (403, "own-record")
    assert (outdated.status_code, slug(outdated)) == (412, "version-changed")
    assert (no_role.status_code, service.status_code) == (422, 422)
    assert (unseen.status_code, slug(unseen)) == (428, "if-match-required")
