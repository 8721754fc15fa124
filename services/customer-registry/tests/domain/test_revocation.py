"""Which access tokens a change of a record revokes, and the record's status version."""

from collections.abc import Callable

import pytest

from vinculo.customer_registry.domain.customer import (
    CustomerEvent,
    InternalRole,
    RequirementsEvaluated,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import CUSTOMER, CustomerCommand
from vinculo.customer_registry.domain.customer_refusals import RecordChanged
from vinculo.customer_registry.domain.revocation import (
    RevocationEvent,
    RolesRevoked,
    SubjectAllowed,
    SubjectDenied,
    revocations,
)

from .. import record_histories
from ..record_histories import (
    ACTIVATED,
    GRANTED,
    HISTORIES,
    MET,
    MISSING,
    PENDING,
    change,
    erase,
    evaluated,
    grant,
    record_evaluation,
    revoke,
)

INTERNAL_USER = (*record_histories.CUSTOMER, GRANTED)


def decided(
    history: tuple[CustomerEvent, ...], command: CustomerCommand
) -> tuple[list[CustomerEvent], list[RevocationEvent]]:
    state = CUSTOMER.fold(history)
    events = list(CUSTOMER.decide(command, state))
    return events, revocations(state, events)


@pytest.mark.parametrize(
    ("history", "command", "revoked"),
    [
        (PENDING, change(Status.BLOCKED), [SubjectDenied(registry_version=3)]),
        (
            INTERNAL_USER,
            change(Status.BLOCKED),
            [SubjectDenied(registry_version=5), RolesRevoked(registry_version=6)],
        ),
        (
            HISTORIES["customer blocked"],
            change(Status.PENDING, may_unblock=True),
            [SubjectAllowed(registry_version=5)],
        ),
        (
            INTERNAL_USER,
            erase(),
            [RolesRevoked(registry_version=5), SubjectDenied(registry_version=6)],
        ),
        (PENDING, erase(), [SubjectDenied(registry_version=3)]),
        (INTERNAL_USER, revoke(), [RolesRevoked(registry_version=5)]),
        (INTERNAL_USER, change(Status.DISABLED), [RolesRevoked(registry_version=5)]),
        (INTERNAL_USER, grant(role=InternalRole.VIEWER), [RolesRevoked(registry_version=5)]),
    ],
)
def test_a_change_revokes_tokens_issued_under_earlier_versions(
    history: tuple[CustomerEvent, ...], command: CustomerCommand, revoked: list[RevocationEvent]
) -> None:
    assert decided(history, command)[1] == revoked


@pytest.mark.parametrize(
    ("history", "command"),
    [
        (record_histories.CUSTOMER, change(Status.DISABLED)),
        (record_histories.CUSTOMER, grant()),
        (INTERNAL_USER, change(Status.PENDING)),
        (INTERNAL_USER, grant()),
        (PENDING, record_evaluation(MISSING)),
    ],
)
def test_other_changes_revoke_nothing(
    history: tuple[CustomerEvent, ...], command: CustomerCommand
) -> None:
    assert decided(history, command)[1] == []


def test_evaluations_do_not_change_the_status_version() -> None:
    before = CUSTOMER.fold(PENDING)
    after = CUSTOMER.fold((*PENDING, evaluated(MET), evaluated(MISSING)))

    assert (before.status_version, after.status_version) == (2, 2)


def test_new_events_have_the_status_version_after_them() -> None:
    history = (*INTERNAL_USER, evaluated(MET))

    events, _ = decided(history, change(Status.BLOCKED))
    state = CUSTOMER.fold((*history, *events))

    versions = [
        None if isinstance(event, RequirementsEvaluated) else event.status_version
        for event in events
    ]
    assert versions == [5, 6]
    assert state.status_version == 6


def test_events_stored_without_a_status_version_are_counted() -> None:
    assert ACTIVATED.status_version is None
    assert CUSTOMER.fold(PENDING).status_version == 2


@pytest.mark.parametrize(
    "command",
    [
        lambda version: change(Status.DISABLED, expected_version=version),
        lambda version: grant(expected_version=version),
        lambda version: revoke(expected_version=version),
        lambda version: erase(expected_version=version),
    ],
)
def test_a_command_on_another_version_is_refused(
    command: Callable[[int], CustomerCommand],
) -> None:
    state = CUSTOMER.fold((*record_histories.CUSTOMER, evaluated(MET)))

    CUSTOMER.decide(command(3), state)
    for version in (2, 4):
        with pytest.raises(RecordChanged):
            CUSTOMER.decide(command(version), state)
