"""Decisions that make customers internal users, and those that revoke the role."""

from dataclasses import replace

import pytest

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

record = Scenario(customer_decisions.CUSTOMER)


def test_a_customer_becomes_an_internal_user() -> None:
    record.given(*CUSTOMER).when(grant()).then(replace(GRANTED, granted_at=NOW))


def test_the_same_role_is_not_granted_twice() -> None:
    record.given(*CUSTOMER, GRANTED).when(grant()).then_nothing_happens()


def test_another_role_replaces_the_first() -> None:
    admin = grant(role=InternalRole.ADMIN)

    record.given(*CUSTOMER, GRANTED).when(admin).then(
        replace(GRANTED, role=InternalRole.ADMIN, granted_at=NOW)
    )


def test_an_internal_user_is_revoked() -> None:
    record.given(*CUSTOMER, GRANTED).when(revoke()).then(REVOKED)


def test_revoking_without_a_role_records_nothing() -> None:
    record.given(*CUSTOMER, GRANTED, REVOKED).when(revoke()).then_nothing_happens()


@pytest.mark.parametrize("command", [grant(), revoke()])
def test_only_customers_can_be_internal_users(command: InternalUserCommand) -> None:
    record.given(*PENDING).when(command).then_refused(NotACustomer)
    record.given().when(command).then_refused(PersonIsUnknown)
    record.given(*CUSTOMER, ERASED).when(command).then_refused(RecordIsErased)


def test_a_blocked_customer_cannot_become_an_internal_user() -> None:
    record.given(*HISTORIES["customer blocked"]).when(grant()).then_refused(RecordIsBlocked)


@pytest.mark.parametrize("command", [grant(by=PERSON), revoke(by=PERSON)])
def test_granting_or_revoking_on_ones_own_record_is_refused(command: InternalUserCommand) -> None:
    record.given(*CUSTOMER, GRANTED).when(command).then_refused(CannotChangeOwnRecord)


def test_a_block_revokes_the_role() -> None:
    command = change(Status.BLOCKED)
    expected = replace(blocked(Status.ENABLED), blocked_at=NOW, reason_code=command.reason_code)

    record.given(*CUSTOMER, GRANTED).when(command).then(
        expected,
        replace(
            REVOKED,
            cause=RevocationCause.RECORD_BLOCKED,
            reason_code=command.reason_code.value,
            revoked_by=None,
        ),
    )


def test_other_changes_of_status_keep_the_role() -> None:
    command = change(Status.DISABLED)
    expected = replace(disabled(Status.ENABLED), disabled_at=NOW, reason_code=command.reason_code)

    record.given(*CUSTOMER, GRANTED).when(command).then(expected)


def test_an_erasure_revokes_the_role_first() -> None:
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
