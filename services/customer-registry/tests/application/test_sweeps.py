"""Both sweeps over people, on a real database."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from vinculo.customer_registry.application.status_changes import change_status
from vinculo.customer_registry.application.sweeps import (
    POLICY_REEVALUATION,
    lapse_activations,
    reevaluate_outdated_people,
)
from vinculo.customer_registry.domain.customer import Kind, Status
from vinculo.customer_registry.storage.tables import people
from vinculo.events import Meta

from ..incoming_events import STARTED, Applicant
from ..policy_files import ADULTS, EMAIL_ONLY, written
from ..record_histories import change
from ..registry_harness import NOW, RegistryHarness

pytestmark = pytest.mark.servers

LONG_AGO = NOW - STARTED


async def test_after_a_new_policy_the_sweep_reevaluates_all_people_of_the_project_once(
    new_registry: RegistryHarness, tmp_path: Path
) -> None:
    await new_registry.publish()
    pending = [Applicant() for _ in range(5)]
    for applicant in pending:
        await new_registry.make_pending(applicant)
    elsewhere = Applicant(project="express")
    await new_registry.make_pending(elsewhere)

    await new_registry.publish(written(tmp_path, EMAIL_ONLY))

    assert await reevaluate_outdated_people(new_registry.dependencies) == 5
    assert await reevaluate_outdated_people(new_registry.dependencies) == 0
    for applicant in pending:
        assert (await new_registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER
        assert (await new_registry.person(applicant.person_id)).evaluated_version == 2
    assert (await new_registry.record(elsewhere.person_id)).record.kind is Kind.PRE_CUSTOMER
    assert new_registry.metric("vinculo_reevaluated_people_total") == 5


async def test_people_from_before_the_first_policy_are_evaluated_by_the_sweep(
    new_registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    await new_registry.make_customer(applicant)
    assert (await new_registry.record(applicant.person_id)).record.kind is Kind.PRE_CUSTOMER

    await new_registry.publish()
    await reevaluate_outdated_people(new_registry.dependencies)

    assert (await new_registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER


async def test_a_project_without_a_policy_promotes_no_one(new_registry: RegistryHarness) -> None:
    await new_registry.publish()
    applicant = Applicant(project="unheard-of")
    await new_registry.make_customer(applicant)

    assert await reevaluate_outdated_people(new_registry.dependencies) == 0
    assert (await new_registry.record(applicant.person_id)).record.kind is Kind.PRE_CUSTOMER


async def test_a_person_who_cannot_be_evaluated_is_counted_skipped_and_left_for_the_next_sweep(
    new_registry: RegistryHarness, tmp_path: Path
) -> None:
    unreadable, fine = Applicant(), Applicant()
    await new_registry.make_pending(unreadable)
    await new_registry.make_pending(fine)
    await damage_envelope(new_registry, unreadable)
    await new_registry.publish(written(tmp_path, ADULTS))

    assert await reevaluate_outdated_people(new_registry.dependencies) == 1
    assert skipped(new_registry, POLICY_REEVALUATION) == 1
    async with new_registry.dependencies.store.engine.connect() as connection:
        left = await connection.execute(
            select(people.c.person_id).where(people.c.evaluated_version == 0)
        )
        assert list(left.scalars()) == [unreadable.person_id]


async def registered(registry: RegistryHarness) -> UUID:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys))
    return applicant.person_id


async def test_the_sweep_disables_once_each_record_that_waited_too_long_for_activation(
    registry: RegistryHarness,
) -> None:
    person_id = await registered(registry)
    much_later = timedelta(days=30_000)

    assert await lapse_activations(registry.dependencies, much_later) == 0
    assert await lapse_activations(registry.dependencies, LONG_AGO) >= 1
    assert await lapse_activations(registry.dependencies, LONG_AGO) == 0
    disabled = (await registry.events(person_id))[-1]
    assert disabled.type == "record-disabled.v1"
    assert disabled.data["cause"] == "activation_lapsed"
    assert disabled.data["disabled_by"] is None
    assert (await registry.person(person_id)).waiting_since is None


async def test_when_several_workers_sweep_at_once_each_record_lapses_once(
    registry: RegistryHarness,
) -> None:
    people = [await registered(registry) for _ in range(5)]
    sweeps = [lapse_activations(registry.dependencies, LONG_AGO) for _ in range(4)]

    assert sum(await asyncio.gather(*sweeps)) == len(people)
    for person_id in people:
        assert (await registry.event_types(person_id)).count("record-disabled") == 1


async def test_activated_and_blocked_records_do_not_lapse(
    registry: RegistryHarness,
) -> None:
    active = Applicant()
    await registry.deliver(await active.started(registry.keys), active.verified())
    blocked = await registered(registry)
    block = change(Status.BLOCKED, person_id=blocked, now=NOW)
    await change_status(registry.dependencies, block, meta=Meta())
    await lapse_activations(registry.dependencies, LONG_AGO)

    for person_id in (active.person_id, blocked):
        assert "record-disabled" not in await registry.event_types(person_id)


async def test_an_activation_after_the_lapse_revives_the_record(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys))
    await lapse_activations(registry.dependencies, LONG_AGO)
    await registry.deliver(applicant.verified())

    activated = [e for e in await registry.events(applicant.person_id) if "activated" in e.type]
    assert [(e.data["from_status"], e.data["to_status"]) for e in activated] == [
        ("disabled", "pending")
    ]
    assert await lapse_activations(registry.dependencies, LONG_AGO) == 0


async def damage_envelope(registry: RegistryHarness, applicant: Applicant) -> None:
    async with registry.dependencies.store.engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE people SET facts = jsonb_set(facts, '{age_years,envelope,ct}', '\"AAAA\"')"
            " WHERE person_id = $1",
            (applicant.person_id,),
        )


def skipped(registry: RegistryHarness, job: str) -> float | None:
    return registry.metric("vinculo_sweep_skipped_people_total", job=job)
