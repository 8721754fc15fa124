"""Events and commands of one applicant, for tests of deciders."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from vinculo.onboarding.domain.account import Channel, ConsentGiven, ConsentPurpose
from vinculo.onboarding.domain.activation_decisions import ActivateSubmission
from vinculo.onboarding.domain.application import (
    ApplicantErased,
    ApplicationCompleted,
    ApplicationEvent,
    DocumentsProvided,
    EmploymentDeclared,
    RegistrationRepeated,
)
from vinculo.onboarding.domain.application_decisions import (
    DeclareEmployment,
    RegisterApplicant,
    RepeatRegistration,
)
from vinculo.onboarding.domain.employment import (
    ContractType,
    Deduction,
    EmploymentDetails,
    PayerContact,
)
from vinculo.onboarding.domain.identity_correction import IdentityDetails
from vinculo.onboarding.domain.submission import (
    ActivationLink,
    ActivationLinkIssued,
    ApplicationStarted,
    Consent,
    EmailVerified,
    EmailVerifiedV2,
    PersonDetails,
    SubmissionReceived,
)

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
EXPIRY = BEFORE + timedelta(hours=24)

PERSON = PersonDetails(
    document_number="1032456789",
    given_names="Ana María",
    surnames="Gómez Ruiz",
    birth_date=date(1990, 5, 17),
    email="ana@example.com",
    phone="+573001234567",
)
IDENTITY = IdentityDetails(
    document_number="412345",
    given_names="Ana",
    surnames="Gómez Ruiz",
    birth_date=date(1990, 5, 18),
)
EMPLOYMENT = EmploymentDetails(
    position="Auxiliar contable",
    net_monthly_salary_cents=250_000_000,
    deductions=(Deduction(concept="Libranza", amount_cents=30_000_000),),
    payer_contact=PayerContact(name="Talento humano", phone="+576017654321"),
)
FIRST = UUID(int=1)
LINK = ActivationLink(link_id=UUID(int=11), expires_at=EXPIRY)
NEWER_LINK = ActivationLink(link_id=UUID(int=12), expires_at=NOW + timedelta(hours=24))
PERSONAL_DATA = Consent(
    purpose=ConsentPurpose.PERSONAL_DATA, text_version="2026-01", text_sha256="ab" * 32
)
MARKETING = Consent(purpose=ConsentPurpose.MARKETING, text_version="2026-01", text_sha256="cd" * 32)


def register(*consents: Consent) -> RegisterApplicant:
    return RegisterApplicant(
        registration_id=FIRST,
        project="default",
        channel=Channel.MOBILE,
        locale="es",
        country="CO",
        document_type="CC",
        person=PERSON,
        consents=consents or (PERSONAL_DATA,),
        link=LINK,
        now=BEFORE,
    )


STARTED = ApplicationStarted(
    registration_id=FIRST,
    project="default",
    channel=Channel.MOBILE,
    locale="es",
    country="CO",
    document_type="CC",
    started_at=BEFORE,
    consents=(PERSONAL_DATA,),
    personal=PERSON,
)
CONSENTED = ConsentGiven(
    purpose=ConsentPurpose.PERSONAL_DATA,
    text_version="2026-01",
    text_sha256="ab" * 32,
    channel=Channel.MOBILE,
    given_at=BEFORE,
)
LINK_ISSUED = ActivationLinkIssued(
    link_id=LINK.link_id, submission_id=FIRST, issued_at=BEFORE, expires_at=EXPIRY
)
NEWER_LINK_ISSUED = ActivationLinkIssued(
    link_id=NEWER_LINK.link_id,
    submission_id=FIRST,
    issued_at=NOW,
    expires_at=NEWER_LINK.expires_at,
)
REPEATED = RegistrationRepeated(channel=Channel.WEB, repeated_at=NOW)
VERIFIED = EmailVerified(link_id=LINK.link_id, verified_at=BEFORE)
DECLARED = EmploymentDeclared(
    payer_id=UUID(int=5),
    contract_type=ContractType.INDEFINITE,
    currency="COP",
    declared_at=NOW,
    personal=EMPLOYMENT,
)
PROVIDED = DocumentsProvided(provided_at=BEFORE)
COMPLETED = ApplicationCompleted(completed_at=BEFORE)
ERASED = ApplicantErased(erased_at=BEFORE)

AGAIN = UUID(int=2)
REPEAT = RepeatRegistration(
    submission_id=AGAIN,
    project="express",
    channel=Channel.WEB,
    locale="en",
    country="CO",
    document_type="CC",
    person=PERSON,
    consents=(PERSONAL_DATA,),
    link=NEWER_LINK,
    now=NOW,
)
RECEIVED = SubmissionReceived(
    submission_id=AGAIN,
    project="express",
    channel=Channel.WEB,
    locale="en",
    country="CO",
    document_type="CC",
    consents=(PERSONAL_DATA,),
    received_at=NOW,
    personal=PERSON,
)
LINK_FOR_AGAIN = replace(NEWER_LINK_ISSUED, submission_id=AGAIN)
ACTIVATE = ActivateSubmission(submission_id=FIRST, link_id=LINK.link_id, person=PERSON, now=NOW)
ACTIVATED = EmailVerifiedV2(
    submission_id=FIRST,
    link_id=LINK.link_id,
    project="default",
    channel=Channel.MOBILE,
    locale="es",
    country="CO",
    document_type="CC",
    consents=(PERSONAL_DATA,),
    verified_at=NOW,
    personal=PERSON,
)
REGISTERED: tuple[ApplicationEvent, ...] = (STARTED, LINK_ISSUED)
ACTIVE: tuple[ApplicationEvent, ...] = (*REGISTERED, ACTIVATED)

DECLARE = DeclareEmployment(
    payer_id=UUID(int=5),
    contract_type=ContractType.INDEFINITE,
    currency="COP",
    employment=EMPLOYMENT,
    now=NOW,
)
