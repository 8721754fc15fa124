"""Events of other services and of credit systems, applied on a real database."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import select

from vinculo.customer_registry.domain.customer import Kind, Status
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown
from vinculo.customer_registry.evaluation.facts import (
    ClearFact,
    EncryptedFact,
    KnownFact,
    decrypt_facts,
)
from vinculo.customer_registry.storage.tables import people
from vinculo.messaging import PoisonMessage

from ..incoming_events import COMPLETED, STARTED, VERIFIED, Applicant
from ..registry_harness import NOW, RegistryHarness

pytestmark = pytest.mark.servers


async def test_an_application_registers_a_pre_customer_with_a_number(
    registry: RegistryHarness,
) -> None:
    first, second = Applicant(), Applicant()
    for applicant in (first, second):
        await registry.deliver(await applicant.started(registry.keys), applicant.consented())

    records = [await registry.record(each.person_id) for each in (first, second)]

    assert [each.record.kind for each in records] == [Kind.PRE_CUSTOMER] * 2
    assert records[0].record.status is Status.PENDING_EMAIL_VERIFICATION
    assert records[0].record.registered_at == records[0].record.modified_at == STARTED
    assert records[1].record.registration_number > records[0].record.registration_number
    assert await registry.event_types(first.person_id) == [
        "pre-customer-registered",
        "requirements-evaluated",
    ]


async def test_a_verified_address_makes_the_record_pending(registry: RegistryHarness) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys), applicant.verified())

    found = (await registry.record(applicant.person_id)).record

    assert (found.status, found.modified_at) == (Status.PENDING, VERIFIED)


async def test_a_person_who_meets_all_requirements_is_promoted_with_all_dates(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    before = registry.metric("vinculo_promotions_total") or 0

    await registry.make_customer(applicant)

    found = (await registry.record(applicant.person_id)).record
    assert (found.kind, found.status) == (Kind.CUSTOMER, Status.ENABLED)
    assert (found.registered_at, found.completed_at) == (STARTED, COMPLETED)
    assert (found.promoted_at, found.modified_at) == (NOW, NOW)
    assert found.customer_id not in (None, applicant.person_id)
    assert registry.metric("vinculo_promotions_total") == before + 1


async def test_self_service_promotes_on_submission_alone(registry: RegistryHarness) -> None:
    applicant = Applicant(project="express")
    await registry.make_pending(applicant)

    await registry.deliver(applicant.submitted())

    assert (await registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER


async def test_results_name_the_event_that_proves_each_fact(registry: RegistryHarness) -> None:
    applicant = Applicant()
    verified = applicant.verified()
    started = await applicant.started(registry.keys)
    await registry.deliver(started, verified)

    evaluated = (await registry.events(applicant.person_id))[-1]

    by_code = {result["requirement"]: result for result in evaluated.data["results"]}
    assert by_code["email_verified"]["outcome"] == "met"
    assert by_code["email_verified"]["evidence"] == [
        {"fact": "email_verified", "event_id": str(verified.event_id)}
    ]
    assert by_code["documents_accepted"]["outcome"] == "missing"
    assert by_code["documents_accepted"]["missing_facts"] == ["dossier_accepted"]
    assert evaluated.meta.causation_id == verified.event_id
    assert evaluated.meta.correlation_id == "correlation"


async def test_a_reopened_dossier_revokes_its_facts(registry: RegistryHarness) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys), applicant.verified())
    await registry.deliver(applicant.submitted(), applicant.accepted(), applicant.reopened())
    await registry.deliver(await applicant.employed(registry.keys), applicant.completed())

    found = (await registry.record(applicant.person_id)).record

    assert found.kind is Kind.PRE_CUSTOMER
    assert (await registry.outcomes(applicant.person_id))["documents_accepted"] == "failed"


async def test_a_demanded_document_revokes_the_facts_until_the_dossier_is_accepted_again(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys), applicant.verified())
    await registry.deliver(applicant.submitted(), applicant.accepted(), applicant.demanded())
    await registry.deliver(await applicant.employed(registry.keys), applicant.completed())
    waiting = (await registry.record(applicant.person_id)).record

    await registry.deliver(applicant.submitted(), applicant.accepted())

    assert waiting.kind is Kind.PRE_CUSTOMER
    assert (await registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER


async def test_a_customer_whose_dossier_is_reopened_remains_a_customer_with_unmet_requirements(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    await registry.make_customer(applicant)

    await registry.deliver(applicant.reopened())

    found = (await registry.record(applicant.person_id)).record
    assert (found.kind, found.status) == (Kind.CUSTOMER, Status.ENABLED)
    assert set((await registry.outcomes(applicant.person_id)).values()) > {"met"}


async def test_documents_may_arrive_before_the_application(registry: RegistryHarness) -> None:
    applicant = Applicant()
    await registry.deliver(applicant.submitted(), applicant.accepted())
    with pytest.raises(PersonIsUnknown):
        await registry.record(applicant.person_id)

    await registry.make_pending(applicant)

    assert (await registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER


async def test_a_person_without_a_verified_address_is_not_promoted(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys))
    await registry.deliver(applicant.submitted(), applicant.accepted())
    await registry.deliver(await applicant.employed(registry.keys), applicant.completed())

    assert (await registry.record(applicant.person_id)).record.kind is Kind.PRE_CUSTOMER


async def test_events_delivered_twice_are_recorded_once(registry: RegistryHarness) -> None:
    applicant = Applicant()
    started, verified = await applicant.started(registry.keys), applicant.verified()
    employed, completed = await applicant.employed(registry.keys), applicant.completed()
    submitted, accepted = applicant.submitted(), applicant.accepted()
    for _ in range(2):
        await registry.deliver(started, verified, employed, completed)
        await registry.deliver(submitted, accepted)

    assert (await registry.event_types(applicant.person_id)).count("pre-customer-promoted") == 1
    assert (await registry.event_types(applicant.person_id)).count("pre-customer-registered") == 1


async def test_events_that_prove_nothing_insert_no_person(registry: RegistryHarness) -> None:
    applicant = Applicant()

    await registry.deliver(applicant.consented())

    async with registry.dependencies.store.engine.connect() as connection:
        known = await connection.execute(
            select(people.c.person_id).where(people.c.person_id == applicant.person_id)
        )
        assert known.one_or_none() is None


async def test_a_verification_for_an_unknown_person_is_poison(registry: RegistryHarness) -> None:
    with pytest.raises(PoisonMessage, match="PersonIsUnknown"):
        await registry.deliver(Applicant().verified())


async def test_personal_facts_are_stored_encrypted_and_clear_facts_with_their_event(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    started = await applicant.started(registry.keys)
    await registry.deliver(started)

    facts = (await registry.person(applicant.person_id)).facts

    assert facts["country"] == ClearFact("CO", started.event_id)
    assert isinstance(facts["age_years"], EncryptedFact)
    assert facts["age_years"].event_id == started.event_id
    assert "1990" not in str(facts)


async def test_a_corrected_identity_updates_age_and_document_type(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    await registry.deliver(await applicant.started(registry.keys), applicant.verified())
    corrected = await applicant.corrected(
        registry.keys, document_type="CE", birth_date="1970-01-31"
    )
    await registry.deliver(corrected)
    facts = (await registry.person(applicant.person_id)).facts
    known = await decrypt_facts(
        facts,
        frozenset({"age_years", "document_type", "email_verified"}),
        person_id=applicant.person_id,
        keys=registry.keys,
        today=date(2026, 1, 31),
    )

    assert known["age_years"] == KnownFact(56, corrected.event_id, personal=True)
    assert known["document_type"] == KnownFact("CE", corrected.event_id, personal=False)
    assert known["email_verified"].value is True


async def test_two_consumers_that_each_see_half_of_a_rule_promote_exactly_once(
    registry: RegistryHarness,
) -> None:
    for _ in range(60):
        applicant = Applicant()
        await registry.deliver(await applicant.started(registry.keys), applicant.verified())
        rest = (await applicant.employed(registry.keys), applicant.completed())

        await asyncio.gather(
            registry.deliver(*rest), registry.deliver(applicant.submitted(), applicant.accepted())
        )

        types = await registry.event_types(applicant.person_id)
        assert types.count("pre-customer-promoted") == 1
