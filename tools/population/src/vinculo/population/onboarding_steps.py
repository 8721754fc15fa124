"""The steps of one person's onboarding: registration, activation, employment, documents, consents.

A reviewer of documents acts in between.
"""

from typing import Final
from uuid import UUID

from vinculo.documents.domain.dossier import RejectionNote
from vinculo.documents.domain.dossier_decisions import (
    AcceptDocument,
    ReceiveDocument,
    RecordScreeningPassed,
    RejectDocument,
)
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.onboarding.application.activation_emails import new_activation_link
from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.domain.account_decisions import WithdrawConsent
from vinculo.onboarding.domain.activation_decisions import ActivateSubmission, require_in_progress
from vinculo.onboarding.domain.application_decisions import (
    CompleteApplication,
    DeclareEmployment,
    RegisterApplicant,
)
from vinculo.onboarding.domain.employment import (
    Deduction,
    EmploymentDetails,
    PayerContact,
    indicative_capacity_cents,
)
from vinculo.onboarding.domain.submission import Consent, PersonDetails
from vinculo.onboarding.forms.consent_texts import REQUIRED_PURPOSES
from vinculo.population.installation import PAYSLIP
from vinculo.population.person_streams import MINUTES_PER_DAY, PersonStreams

COUNTRY: Final = "CO"
CURRENCY: Final = "COP"
MEDIA_TYPE: Final = "application/pdf"
FILE_SIZES: Final = range(40_000, 900_000)
FILE_HASH: Final = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
REVIEWER: Final = UUID("0193f5a0-0002-7000-8000-0000000000a1")
REJECTION_NOTE: Final = "No se lee la fecha del desprendible."


def register(streams: PersonStreams) -> UUID:
    """Step 1; the id of the activation link."""
    person = streams.person
    registration_id, link_id = streams.new_id(), streams.new_id()
    command = RegisterApplicant(
        registration_id=registration_id,
        project=person.project,
        channel=person.channel,
        locale=person.locale,
        country=COUNTRY,
        document_type=person.document_type,
        person=_details(streams),
        consents=_consents(streams),
        link=new_activation_link(streams.now, link_id),
        now=streams.now,
    )
    streams.handle(streams.installation.applications, command)
    return link_id


def verify_email(streams: PersonStreams, link_id: UUID) -> None:
    """Step 2."""
    application = require_in_progress(streams.state_of(streams.installation.applications))
    command = ActivateSubmission(
        submission_id=application.registration_id,
        link_id=link_id,
        person=_details(streams),
        now=streams.advance(600),
    )
    streams.handle(streams.installation.applications, command)


def _details(streams: PersonStreams) -> PersonDetails:
    person = streams.person
    return PersonDetails(
        document_number=person.document_number,
        given_names=person.given_names,
        surnames=person.surnames,
        birth_date=person.birth_date,
        email=person.email,
        phone=person.phone,
    )


def declare_employment(streams: PersonStreams) -> None:
    """Step 3."""
    employment = streams.person.employment
    command = DeclareEmployment(
        payer_id=employment.payer_id,
        contract_type=employment.contract_type,
        currency=CURRENCY,
        employment=_employment_details(streams),
        now=streams.advance(240),
    )
    streams.handle(streams.installation.applications, command)


def provide_documents(streams: PersonStreams) -> UUID:
    """Step 4; the id of the document."""
    document_id, now = streams.new_id(), streams.advance(MINUTES_PER_DAY)
    size_bytes = streams.rng.randrange(FILE_SIZES.start, FILE_SIZES.stop)
    received = ReceiveDocument(
        document_id=document_id,
        kind=PAYSLIP,
        media_type=MEDIA_TYPE,
        size_bytes=size_bytes,
        sha256=FILE_HASH,
        now=now,
    )
    screened = RecordScreeningPassed(
        document_id=document_id,
        media_type=MEDIA_TYPE,
        size_bytes=size_bytes,
        sha256=FILE_HASH,
        now=now,
    )
    for command in (received, screened):
        streams.handle(DOSSIERS, command)
    return document_id


def complete_application(streams: PersonStreams) -> None:
    """Step 5."""
    streams.handle(streams.installation.applications, CompleteApplication(now=streams.advance(60)))


def reject_document(streams: PersonStreams, document_id: UUID) -> None:
    command = RejectDocument(
        document_id=document_id,
        reason_code="illegible",
        note=RejectionNote(note=REJECTION_NOTE),
        rejected_by=REVIEWER,
        now=streams.advance(3 * MINUTES_PER_DAY),
    )
    streams.handle(DOSSIERS, command)


def accept_document(streams: PersonStreams, document_id: UUID) -> None:
    command = AcceptDocument(
        document_id=document_id, accepted_by=REVIEWER, now=streams.advance(3 * MINUTES_PER_DAY)
    )
    streams.handle(DOSSIERS, command)


def withdraw_marketing(streams: PersonStreams) -> None:
    command = WithdrawConsent(
        purpose=ConsentPurpose.MARKETING,
        channel=streams.person.channel,
        now=streams.advance(30 * MINUTES_PER_DAY),
    )
    streams.handle(streams.installation.applications, command)


def _consents(streams: PersonStreams) -> tuple[Consent, ...]:
    person = streams.person
    return tuple(
        consent
        for consent in streams.installation.consents[person.locale]
        if consent.purpose in REQUIRED_PURPOSES or person.wants_marketing
    )


def _employment_details(streams: PersonStreams) -> EmploymentDetails:
    person = streams.person
    employment = person.employment
    salary = employment.net_monthly_salary_cents
    percent = streams.installation.employment_rules.percent_of(person.project, COUNTRY)
    amounts = [amount for _, amount in employment.deductions]
    return EmploymentDetails(
        position=employment.position,
        net_monthly_salary_cents=salary,
        deductions=tuple(
            Deduction(concept=concept, amount_cents=amount)
            for concept, amount in employment.deductions
        ),
        payer_contact=PayerContact(
            name=employment.contact_name, phone=employment.contact_phone, email=None
        ),
        indicative_capacity_cents=None
        if percent is None
        else indicative_capacity_cents(salary, amounts, percent),
    )
