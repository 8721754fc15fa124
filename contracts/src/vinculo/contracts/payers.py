"""Events of payers, one stream each: applicants propose them, operators maintain them."""

from enum import StrEnum
from uuid import UUID

from vinculo.contracts.envelope import Facts, Instant


class ProposalRefusal(StrEnum):
    DUPLICATE = "duplicate"
    NOT_A_PAYER = "not_a_payer"
    OTHER = "other"


class SuspensionReason(StrEnum):
    AGREEMENT_ENDED = "agreement_ended"
    DOES_NOT_PAY = "does_not_pay"
    CLOSED = "closed"
    OTHER = "other"


class PayerRegistered(Facts):
    name: str
    tax_id: str
    agreement: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None
    registered_by: UUID
    registered_at: Instant


class PayerProposed(Facts):
    """An applicant typed in a payer that the catalogue did not have."""

    name: str
    tax_id: str | None = None
    proposed_by: UUID
    proposed_at: Instant


class PayerAccepted(Facts):
    """A proposal is in the catalogue from here on, as operations completed it."""

    name: str
    tax_id: str
    agreement: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None
    accepted_by: UUID
    accepted_at: Instant


class PayerRefused(Facts):
    """A proposal was not taken up; `same_as` names the payer that it duplicates."""

    reason_code: str
    same_as: UUID | None = None
    refused_by: UUID
    refused_at: Instant


class PayerChanged(Facts):
    """All that is known of the payer, as it is from here on."""

    name: str
    tax_id: str
    agreement: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None
    changed_by: UUID
    changed_at: Instant


class PayerSuspended(Facts):
    """Nobody can declare to be paid by it any more; who did before stays."""

    reason_code: str
    suspended_by: UUID
    suspended_at: Instant


class PayerReinstated(Facts):
    reinstated_by: UUID
    reinstated_at: Instant
