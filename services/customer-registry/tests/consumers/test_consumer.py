"""What the registry makes of the events of others, on a real database."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID

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
from ..registry_harness import NOW, RegistryUnderTest

pytestmark = pytest.mark.servers


async def test_an_application_becomes_a_numbered_pre_customer(registry: RegistryUnderTest) -> None:
    first, second = Applicant(), Applicant()
    for applicant in (first, second):
        await registry.tell(await applicant.started(registry.keys), applicant.consented())

    records = [await registry.record(each.person_id) for each in (first, second)]

    assert [each.record.kind for each in records] == [Kind.PRE_CUSTOMER] * 2
    assert records[0].record.status is Status.PENDING_EMAIL_VERIFICATION
    assert records[0].record.registered_at == records[0].record.modified_at == STARTED
    assert records[1].record.registration_number > records[0].record.registration_number
    assert await registry.event_types(first.person_id) == [
        "pre-customer-registered",
        "requirements-evaluated",
    ]


async def test_a_verified_address_makes_the_record_pending(registry: RegistryUnderTest) -> None:
    applicant = Applicant()
    await registry.tell(await applicant.started(registry.keys), applicant.verified())

    found = (await registry.record(applicant.person_id)).record

    assert (found.status, found.modified_at) == (Status.PENDING, VERIFIED)


async def test_who_meets_everything_is_promoted_with_all_dates(registry: RegistryUnderTest) -> None:
    applicant = Applicant()
    before = registry.counted("vinculo_promotions_total") or 0

    await registry.promoted(applicant)

    found = (await registry.record(applicant.person_id)).record
    assert (found.kind, found.status) == (Kind.CUSTOMER, Status.ENABLED)
    assert (found.registered_at, found.completed_at) == (STARTED, COMPLETED)
    assert (found.promoted_at, found.modified_at) == (NOW, NOW)
    assert found.customer_id not in (None, applicant.person_id)
    assert registry.counted("vinculo_promotions_total") == before + 1


async def test_self_service_promotes_on_submission_alone(registry: RegistryUnderTest) -> None:
    applicant = Applicant(project="express")
    await registry.pending(applicant)

    await registry.tell(applicant.submitted())

    assert (await registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER


async def test_results_name_the_event_that_proves_them(registry: RegistryUnderTest) -> None:
    applicant = Applicant()
    verified = applicant.verified()
    started = await applicant.started(registry.keys)
    await registry.tell(started, verified)

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


async def test_a_reopened_dossier_takes_the_facts_back(registry: RegistryUnderTest) -> None:
    applicant = Applicant()
    await registry.tell(await applicant.started(registry.keys), applicant.verified())
    await registry.tell(applicant.submitted(), applicant.accepted(), applicant.reopened())
    await registry.tell(await applicant.employed(registry.keys), applicant.completed())

    found = (await registry.record(applicant.person_id)).record

    assert found.kind is Kind.PRE_CUSTOMER
    assert found.evaluated is not None
    assert "documents_accepted" in [
        result.requirement for result in found.evaluated.results if result.outcome == "failed"
    ]


async def test_a_document_demanded_takes_the_facts_back_until_the_dossier_is_accepted_again(
    registry: RegistryUnderTest,
) -> None:
    applicant = Applicant()
    await registry.tell(await applicant.started(registry.keys), applicant.verified())
    await registry.tell(applicant.submitted(), applicant.accepted(), applicant.demanded())
    await registry.tell(await applicant.employed(registry.keys), applicant.completed())
    waiting = (await registry.record(applicant.person_id)).record

    await registry.tell(applicant.submitted(), applicant.accepted())

    assert waiting.kind is Kind.PRE_CUSTOMER
    assert (await registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER


async def test_a_customer_whose_dossier_is_reopened_is_flagged_and_stays(
    registry: RegistryUnderTest,
) -> None:
    applicant = Applicant()
    await registry.promoted(applicant)

    await registry.tell(applicant.reopened())

    found = (await registry.record(applicant.person_id)).record
    assert (found.kind, found.status) == (Kind.CUSTOMER, Status.ENABLED)
    assert found.evaluated is not None
    assert not found.evaluated.all_met


async def test_documents_may_come_before_the_application(registry: RegistryUnderTest) -> None:
    applicant = Applicant()
    await registry.tell(applicant.submitted(), applicant.accepted())
    with pytest.raises(PersonIsUnknown):
        await registry.record(applicant.person_id)

    await registry.pending(applicant)

    assert (await registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER


async def test_who_completed_but_has_no_verified_address_is_not_promoted(
    registry: RegistryUnderTest,
) -> None:
    applicant = Applicant()
    await registry.tell(await applicant.started(registry.keys))
    await registry.tell(applicant.submitted(), applicant.accepted())
    await registry.tell(await applicant.employed(registry.keys), applicant.completed())

    assert (await registry.record(applicant.person_id)).record.kind is Kind.PRE_CUSTOMER


async def test_told_twice_nothing_more_is_recorded(registry: RegistryUnderTest) -> None:
    applicant = Applicant()
    started, verified = await applicant.started(registry.keys), applicant.verified()
    employed, completed = await applicant.employed(registry.keys), applicant.completed()
    submitted, accepted = applicant.submitted(), applicant.accepted()
    for _ in range(2):
        await registry.tell(started, verified, employed, completed)
        await registry.tell(submitted, accepted)

    assert (await registry.event_types(applicant.person_id)).count("pre-customer-promoted") == 1
    assert (await registry.event_types(applicant.person_id)).count("pre-customer-registered") == 1


async def test_events_that_prove_nothing_do_not_make_a_person(registry: RegistryUnderTest) -> None:
    applicant = Applicant()

    await registry.tell(applicant.consented())

    async with registry.registry.store.engine.connect() as connection:
        known = await connection.execute(
            select(people.c.person_id).where(people.c.person_id == applicant.person_id)
        )
        assert known.one_or_none() is None


async def test_a_verification_of_nobody_is_broken(registry: RegistryUnderTest) -> None:
    with pytest.raises(PoisonMessage, match="PersonIsUnknown"):
        await registry.tell(Applicant().verified())


async def test_personal_facts_are_kept_sealed_and_clear_ones_with_their_event(
    registry: RegistryUnderTest,
) -> None:
    applicant = Applicant()
    started = await applicant.started(registry.keys)
    await registry.tell(started)

    facts = (await registry.person(applicant.person_id)).facts

    assert facts["country"] == ClearFact("CO", started.event_id)
    assert isinstance(facts["age_years"], EncryptedFact)
    assert facts["age_years"].event_id == started.event_id
    assert "1990" not in str(facts)


async def test_a_corrected_identity_gives_age_and_document_type_anew(
    registry: RegistryUnderTest,
) -> None:
    applicant = Applicant()
    await registry.tell(await applicant.started(registry.keys), applicant.verified())
    corrected = await applicant.corrected(
        registry.keys, document_type="CE", birth_date="1970-01-31"
    )
    await registry.tell(corrected)
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


async def test_loans_of_somebody_unknown_count_once_the_person_appears(
    registry: RegistryUnderTest,
) -> None:
    applicant = Applicant()
    await registry.tell(applicant.loan("A", 1))
    await registry.tell(applicant.loan("B", 1))
    await registry.tell(applicant.loan("B", 2, "closed"))
    await registry.tell(await applicant.started(registry.keys))

    assert await active_loans(registry, applicant.person_id) == 1


async def test_an_older_report_of_a_loan_changes_nothing(registry: RegistryUnderTest) -> None:
    applicant = Applicant()
    await registry.tell(applicant.loan("A", 3, "closed"))
    await registry.tell(applicant.loan("A", 2, "active"))

    assert await active_loans(registry, applicant.person_id) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"loan_version": None},
        {"loan_version": "7"},
        {"loan_version": 0},
        {"loan_version": 2**31},
        {"loan_id": None},
        {"loan_id": ""},
        {"loan_id": "x" * 201},
        {"loan_id": "A\x00"},
        {"status": "sold"},
    ],
    ids=str,
)
async def test_a_loan_that_no_column_can_hold_is_broken(
    registry: RegistryUnderTest, change: dict[str, object]
) -> None:
    loan = Applicant().loan("A", 1)

    with pytest.raises(PoisonMessage):
        registry.received(replace(loan, data={**loan.data, **change}))


async def test_two_consumers_that_each_see_half_of_a_rule_promote_exactly_once(
    registry: RegistryUnderTest,
) -> None:
    for _ in range(60):
        applicant = Applicant()
        await registry.tell(await applicant.started(registry.keys), applicant.verified())
        rest = (await applicant.employed(registry.keys), applicant.completed())

        await asyncio.gather(
            registry.tell(*rest), registry.tell(applicant.submitted(), applicant.accepted())
        )

        types = await registry.event_types(applicant.person_id)
        assert types.count("pre-customer-promoted") == 1


async def active_loans(registry: RegistryUnderTest, person_id: UUID) -> object:
    fact = (await registry.person(person_id)).facts["active_loans"]
    assert isinstance(fact, ClearFact)
    return fact.value
