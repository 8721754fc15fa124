"""Which submission of an application counts, and from when the wait for activation counts."""

from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from vinculo.customer_registry.application.sweeps import lapse_activations
from vinculo.customer_registry.domain.customer import Status
from vinculo.customer_registry.evaluation.facts import KnownFact, decrypt_facts

from ..incoming_events import STARTED, Applicant
from ..policy_files import ADULTS, written
from ..registry_harness import NOW, RegistryHarness

pytestmark = pytest.mark.servers

NEEDED = frozenset({"age_years", "document_type"})


async def known_facts(registry: RegistryHarness, applicant: Applicant) -> dict[str, KnownFact]:
    return await decrypt_facts(
        (await registry.person(applicant.person_id)).facts,
        NEEDED,
        person_id=applicant.person_id,
        keys=registry.keys,
        today=date(2026, 11, 6),
    )


async def test_before_activation_the_newest_submission_counts(registry: RegistryHarness) -> None:
    applicant = Applicant(birth_date="1990-05-20")
    await registry.deliver(await applicant.started(registry.keys))
    newest = await applicant.submitted_again(
        registry.keys, project="express", birth_date="2000-01-01"
    )
    await registry.deliver(newest)

    assert (await registry.person(applicant.person_id)).project == "express"
    assert await known_facts(registry, applicant) == {
        "age_years": KnownFact(26, newest.event_id, personal=True),
        "document_type": KnownFact("CE", newest.event_id, personal=False),
    }


async def test_an_activation_replaces_project_and_facts_and_is_recorded_with_its_project(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys))
    await registry.deliver(
        await applicant.submitted_again(registry.keys, project="express", birth_date="2000-01-01")
    )
    activated = await applicant.activated(registry.keys, project="default", birth_date="1990-05-20")
    await registry.deliver(activated)

    stored = [e for e in await registry.events(applicant.person_id) if "activated" in e.type]
    assert [(e.type, e.data["project"]) for e in stored] == [
        ("pre-customer-activated.v2", "default")
    ]
    assert (await registry.person(applicant.person_id)).project == "default"
    assert await known_facts(registry, applicant) == {
        "age_years": KnownFact(36, activated.event_id, personal=True),
        "document_type": KnownFact("CC", activated.event_id, personal=False),
    }


async def test_a_registration_after_the_activation_changes_nothing(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys), applicant.verified())
    before = await registry.person(applicant.person_id)

    await registry.deliver(
        await applicant.submitted_again(registry.keys, project="express", birth_date="2000-01-01")
    )

    assert await registry.person(applicant.person_id) == before


async def test_facts_of_a_submission_with_a_destroyed_key_are_missing(
    new_registry: RegistryHarness, tmp_path: Path
) -> None:
    await new_registry.publish(written(tmp_path, ADULTS))
    applicant, key_id = Applicant(), uuid4()
    await new_registry.deliver(await applicant.started(new_registry.keys))
    again = await applicant.submitted_again(
        new_registry.keys, project="default", birth_date="2000-01-01", key_id=key_id
    )
    await new_registry.keys.destroy_key(key_id)
    await new_registry.deliver(again)

    assert "missing" in (await new_registry.outcomes(applicant.person_id)).values()
    assert "age_years" not in await known_facts(new_registry, applicant)


async def test_the_wait_for_activation_counts_from_the_last_link(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    later = STARTED + timedelta(hours=10)
    await registry.deliver(await applicant.started(registry.keys), applicant.link_issued(STARTED))
    await registry.deliver(applicant.link_issued(later))
    await registry.deliver(applicant.link_issued(STARTED))

    await lapse_activations(registry.dependencies, NOW - STARTED)
    assert (await registry.person(applicant.person_id)).waiting_since == later
    waiting = (await registry.record(applicant.person_id)).record.status
    await lapse_activations(registry.dependencies, NOW - later)

    assert waiting is Status.PENDING_EMAIL_VERIFICATION
    assert (await registry.record(applicant.person_id)).record.status is Status.DISABLED
