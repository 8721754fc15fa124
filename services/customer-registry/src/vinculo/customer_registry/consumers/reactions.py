"""What the events of other services mean to the registry: the facts that they prove."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel

from vinculo.contracts import customer_registry, document_claims, documents, onboarding
from vinculo.contracts.envelope import Envelope
from vinculo.customer_registry.evaluation.facts import ClearFact, EncryptedFact, Fact, FactValue
from vinculo.messaging import ConsumedEvent

SUBMISSION_FACTS: Final = frozenset({"country", "document_type", "age_years"})
"""The facts that each submission states anew."""

RELEVANT_EVENTS: Final = (
    document_claims.DocumentClaimGranted,
    documents.DocumentDemanded,
    documents.DossierAccepted,
    documents.DossierReopened,
    documents.DossierSubmitted,
    onboarding.ActivationLinkIssued,
    onboarding.ApplicantErased,
    onboarding.ApplicationCompleted,
    onboarding.ApplicationStarted,
    onboarding.EmailVerified,
    onboarding.EmploymentDeclared,
    onboarding.IdentityCorrected,
    onboarding.SubmissionReceived,
    customer_registry.RecordErased,
)
"""Events that prove nothing and start nothing are not decoded."""


def facts_from(event: ConsumedEvent) -> dict[str, Fact]:
    """The facts by name; none for an event that proves nothing.

    Reopening a dossier or demanding another document revokes what its submission and acceptance
    had proved.
    """
    match event.payload:
        case (
            onboarding.ApplicationStarted()
            | onboarding.SubmissionReceived()
            | onboarding.IdentityCorrected()
        ):
            return _identity_facts(event, event.payload)
        case onboarding.EmailVerifiedV2() as activated:
            return _identity_facts(event, activated) | _clear(event, email_verified=True)
        case onboarding.EmailVerified():
            return _clear(event, email_verified=True)
        case onboarding.EmploymentDeclared() as declared:
            return _clear(
                event, employment_declared=True, contract_type=declared.contract_type
            ) | _encrypted(event, declared.personal, "net_monthly_salary_cents")
        case onboarding.ApplicationCompleted():
            return _clear(event, onboarding_completed=True)
        case documents.DossierSubmitted():
            return _clear(event, dossier_submitted=True)
        case documents.DossierAccepted():
            return _clear(event, dossier_accepted=True)
        case documents.DossierReopened() | documents.DocumentDemanded():
            return _clear(event, dossier_submitted=False, dossier_accepted=False)
        case _:
            return {}


def completion_time(payload: BaseModel | None) -> datetime | None:
    """When the onboarding was completed, if that is what the payload reports."""
    return payload.completed_at if isinstance(payload, onboarding.ApplicationCompleted) else None


def _identity_facts(
    event: ConsumedEvent,
    stated: onboarding.ApplicationStarted
    | onboarding.SubmissionReceived
    | onboarding.EmailVerifiedV2
    | onboarding.IdentityCorrected,
) -> dict[str, Fact]:
    return _clear(event, country=stated.country, document_type=stated.document_type) | _encrypted(
        event, stated.personal, "age_years"
    )


def _clear(event: ConsumedEvent, **values: FactValue) -> dict[str, Fact]:
    return {name: ClearFact(value, event.event_id) for name, value in values.items()}


def _encrypted(event: ConsumedEvent, envelope: Envelope | None, *names: str) -> dict[str, Fact]:
    if envelope is None:
        return {}
    return {name: EncryptedFact(envelope.model_dump(), event.event_id) for name in names}
