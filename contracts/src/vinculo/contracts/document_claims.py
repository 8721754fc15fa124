"""Events of a claim to a document that another person's account holds, one stream per claim.

The subject of every event is the holder of the document when the claim was opened. What is
encrypted is the claimant's, under the key of the claimant's submission.
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from vinculo.contracts.envelope import Envelope, Facts, Instant, Personal


class ClaimReason(StrEnum):
    """Why a claim was granted or refused; `granted_to_another` follows from another grant."""

    IDENTITY_PROVED = "identity_proved"
    EVIDENCE_INSUFFICIENT = "evidence_insufficient"
    HOLDER_CONFIRMED = "holder_confirmed"
    FRAUD_SUSPECTED = "fraud_suspected"
    OTHER = "other"
    GRANTED_TO_ANOTHER = "granted_to_another"


class ClaimantDetails(Personal):
    """The claimant as the submission describes them, and what they state. The phone is in E.164."""

    document_number: str
    given_names: str
    surnames: str
    birth_date: date
    email: str
    phone: str
    statement: str | None = None


class DocumentClaimOpened(Facts):
    """A person who proved their mailbox claims the document. `personal` holds ClaimantDetails."""

    claim_id: UUID
    submission_id: UUID
    locale: str
    country: str
    document_type: str
    opened_at: Instant
    expires_at: Instant
    personal: Envelope | None = None


class DocumentClaimGranted(Facts):
    """The document is the claimant's, whose person id is `claimant_id`; the holder is blocked."""

    claim_id: UUID
    submission_id: UUID
    claimant_id: UUID
    reason_code: str
    granted_by: UUID
    granted_at: Instant


class DocumentClaimRefused(Facts):
    """The document stays the holder's. The key of the claimant's submission will be destroyed."""

    claim_id: UUID
    submission_id: UUID
    reason_code: str
    refused_by: UUID
    refused_at: Instant


class DocumentClaimExpired(Facts):
    """It was not decided in time, or the holder was erased, which frees the document."""

    claim_id: UUID
    submission_id: UUID
    expired_at: Instant
