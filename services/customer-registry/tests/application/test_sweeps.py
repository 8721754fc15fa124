"""The registry stops waiting for an account to be activated, and only the link revives it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from vinculo.customer_registry.application.status_changes import change_status
from vinculo.customer_registry.application.sweeps import Lapsing
from vinculo.customer_registry.domain.customer import (
    Cause,
    CustomerEvent,
    PreCustomerActivated,
    ReasonCode,
    RecordBlocked,
    RecordDisabled,
    RecordUnblocked,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import (
    CUSTOMER,
    ActivatePreCustomer,
    LapseActivation,
)
from vinculo.customer_registry.domain.customer_refusals import (
    ActivationOutstanding,
    RequirementsNotMet,
)
from vinculo.events import Meta
from vinculo.events.testing import Scenario

from ..incoming_events import STARTED, Applicant
from ..record_histories import ERASED, HISTORIES, NEW, NOW, OPERATOR, THEN, blocked, change
from ..registry_harness import NOW as TODAY
from ..registry_harness import RegistryUnderTest

record = Scenario(CUSTOMER)

LAPSE = LapseActivation(waiting_since=THEN, now=NOW)
LAPSED_EVENT = RecordDisabled(
    from_status=Status.PENDING_EMAIL_VERIFICATION,
    cause=Cause.ACTIVATION_LAPSED,
    reason_code=ReasonCode.INACTIVE,
    disabled_by=None,
    disabled_at=NOW,
)
LAPSED: tuple[CustomerEvent, ...] = (*NEW, LAPSED_EVENT)
UNBLOCKED = RecordUnblocked(
    to_status=Status.PENDING_EMAIL_VERIFICATION,
    cause=Cause.OPERATOR,
    reason_code=ReasonCode.MISTAKE,
    unblocked_by=OPERATOR,
    unblocked_at=NOW,
)


def test_a_record_that_waited_too_long_is_disabled_by_the_system() -> None:
    record.given(*NEW).when(LAPSE).then(LAPSED_EVENT)


def test_a_record_that_waits_not_long_yet_goes_on_waiting() -> None:
    earlier = replace(LAPSE, waiting_since=THEN - timedelta(seconds=1))

    record.given(*NEW).when(earlier).then_nothing_happens()


@pytest.mark.parametrize(
    "history",
    [(), LAPSED, (*NEW, ERASED), *(h for h in HISTORIES.values() if h != NEW)],
    ids=lambda history: str(len(history)),
)
def test_no_other_record_lapses(history: tuple[CustomerEvent, ...]) -> None:
    record.given(*history).when(LAPSE).then_nothing_happens()


def test_a_lapsed_record_is_revived_by_the_activation_link() -> None:
    record.given(*LAPSED).when(ActivatePreCustomer(now=NOW)).then(
        PreCustomerActivated(from_status=Status.DISABLED, activated_at=NOW)
    )


def test_no_operator_revives_a_lapsed_record() -> None:
    record.given(*LAPSED).when(change(Status.PENDING)).then_refused(ActivationOutstanding)
    record.given(*LAPSED).when(change(Status.ENABLED)).then_refused(RequirementsNotMet)
    record.given(*LAPSED).when(change(Status.DISABLED)).then_nothing_happens()


def test_a_lapsed_record_can_be_blocked_and_waits_anew_once_unblocked() -> None:
    history = (*LAPSED, blocked(Status.DISABLED))
    unblock = change(Status.PENDING, may_unblock=True, reason_code=ReasonCode.MISTAKE)

    record.given(*LAPSED).when(change(Status.BLOCKED)).then(
        RecordBlocked(
            from_status=Status.DISABLED,
            cause=Cause.OPERATOR,
            reason_code=ReasonCode.OTHER,
            blocked_by=OPERATOR,
            blocked_at=NOW,
        )
    )
    record.given(*history).when(unblock).then(UNBLOCKED)
    record.given(*history, UNBLOCKED).when(LAPSE).then_nothing_happens()
    record.given(*history, UNBLOCKED).when(replace(LAPSE, waiting_since=NOW)).then(LAPSED_EVENT)


def lapsing(registry: RegistryUnderTest, **after: Any) -> Lapsing:
    return Lapsing(registry.registry, timedelta(**after))


LONG_AGO = TODAY - STARTED


async def registered(registry: RegistryUnderTest) -> UUID:
    applicant = Applicant()
    await registry.tell(await applicant.started(registry.keys))
    return applicant.person_id


@pytest.mark.servers
async def test_the_sweep_disables_who_waits_too_long_once(registry: RegistryUnderTest) -> None:
    person_id = await registered(registry)
    short, long = Lapsing(registry.registry, LONG_AGO), lapsing(registry, days=30_000)

    assert await long.sweep() == 0
    assert await short.sweep() >= 1
    assert await short.sweep() == 0
    disabled = (await registry.events(person_id))[-1]
    assert disabled.type == "record-disabled.v1"
    assert disabled.data["cause"] == "activation_lapsed"
    assert disabled.data["disabled_by"] is None
    assert (await registry.person(person_id)).waiting_since is None


@pytest.mark.servers
async def test_several_workers_sweep_at_once_and_each_record_lapses_once(
    registry: RegistryUnderTest,
) -> None:
    people = [await registered(registry) for _ in range(5)]
    sweeps = [Lapsing(registry.registry, LONG_AGO).sweep() for _ in range(4)]

    assert sum(await asyncio.gather(*sweeps)) == len(people)
    for person_id in people:
        assert (await registry.event_types(person_id)).count("record-disabled") == 1


@pytest.mark.servers
async def test_who_activated_or_was_blocked_or_erased_is_left_alone(
    registry: RegistryUnderTest,
) -> None:
    active = Applicant()
    await registry.tell(await active.started(registry.keys), active.verified())
    stopped = await registered(registry)
    version = (await registry.record(stopped)).version
    block = change(Status.BLOCKED, person_id=stopped, now=TODAY)
    await change_status(registry.registry, block, expected_version=version, meta=Meta())
    await Lapsing(registry.registry, LONG_AGO).sweep()

    for person_id in (active.person_id, stopped):
        assert "record-disabled" not in await registry.event_types(person_id)


@pytest.mark.servers
async def test_an_activation_after_the_lapse_revives_the_record(
    registry: RegistryUnderTest,
) -> None:
    applicant = Applicant()
    await registry.tell(await applicant.started(registry.keys))
    await Lapsing(registry.registry, LONG_AGO).sweep()
    await registry.tell(applicant.verified())

    activated = [e for e in await registry.events(applicant.person_id) if "activated" in e.type]
    assert [(e.data["from_status"], e.data["to_status"]) for e in activated] == [
        ("disabled", "pending")
    ]
    assert await Lapsing(registry.registry, LONG_AGO).sweep() == 0
