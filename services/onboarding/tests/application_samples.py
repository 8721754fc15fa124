"""Events and commands of one applicant, for tests of deciders."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from vinculo.onboarding.domain.account import Channel, ConsentGiven, ConsentPurpose
from vinculo.onboarding.domain.application import (
    ActivationLink,
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
    ActivationLinkIssued,
    ApplicationStarted,
    Consent,
    EmailVerified,
    PersonDetails,
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
LINK = ActivationLink(link_id=UUID(int=11), expires_at=EXPIRY)
NEWER_LINK = ActivationLink(link_id=UUID(int=12), expires_at=NOW + timedelta(hours=24))
PERSONAL_DATA = Consent(
    purpose=ConsentPurpose.PERSONAL_DATA, text_version="2026-01", text_sha256="ab" * 32
)
MARKETING = Consent(purpose=ConsentPurpose.MARKETING, text_version="2026-01", text_sha256="cd" * 32)


def register(*consents: Consent) -> RegisterApplicant:
    return RegisterApplicant(
        registration_id=UUID(int=1),
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
    registration_id=UUID(int=1),
    project="default",
    channel=Channel.MOBILE,
    locale="es",
    country="CO",
    document_type="CC",
    started_at=BEFORE,
    personal=PERSON,
)
CONSENTED = ConsentGiven(
    purpose=ConsentPurpose.PERSONAL_DATA,
    text_version="2026-01",
    text_sha256="ab" * 32,
    channel=Channel.MOBILE,
    given_at=BEFORE,
)
LINK_ISSUED = ActivationLinkIssued(link_id=LINK.link_id, issued_at=BEFORE, expires_at=EXPIRY)
NEWER_LINK_ISSUED = ActivationLinkIssued(
    link_id=NEWER_LINK.link_id, issued_at=NOW, expires_at=NEWER_LINK.expires_at
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

REGISTERED: tuple[ApplicationEvent, ...] = (STARTED, CONSENTED, LINK_ISSUED)
ACTIVE: tuple[ApplicationEvent, ...] = (*REGISTERED, VERIFIED)

REPEAT = RepeatRegistration(channel=Channel.WEB, link=NEWER_LINK, now=NOW)
DECLARE = DeclareEmployment(
    payer_id=UUID(int=5),
    contract_type=ContractType.INDEFINITE,
    currency="COP",
    employment=EMPLOYMENT,
    now=NOW,
)
