"""Claims to a document that another person's account holds, one stream per claim.

Only a proven mailbox can open a claim, and an operator decides it. The claimant's data is sealed
under the key of their submission. Stored names and fields must never change.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from vinculo.events.decider import Decider
from vinculo.events.personal import Erased, Sealed

UNDECIDED_CLAIMS_END_AFTER: Final = timedelta(days=90)


class ClaimReason(StrEnum):
    """Why an operator granted or refused a claim."""

    IDENTITY_PROVED = "identity_proved"
    EVIDENCE_INSUFFICIENT = "evidence_insufficient"
    HOLDER_CONFIRMED = "holder_confirmed"
    FRAUD_SUSPECTED = "fraud_suspected"
    OTHER = "other"
    GRANTED_TO_ANOTHER = "granted_to_another"


REASONS_TO_GRANT: Final = frozenset({ClaimReason.IDENTITY_PROVED, ClaimReason.OTHER})
REASONS_TO_REFUSE: Final = frozenset(ClaimReason) - {
    ClaimReason.IDENTITY_PROVED,
    ClaimReason.GRANTED_TO_ANOTHER,
}
"""Of an operator; a claim is refused as `GRANTED_TO_ANOTHER` only with the grant of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimantDetails:
    """The claimant as the submission describes them, and what they state."""

    document_number: str
    given_names: str
    surnames: str
    birth_date: date
    email: str
    phone: str
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentClaimOpened:
    claim_id: UUID
    submission_id: UUID
    locale: str
    country: str
    document_type: str
    opened_at: datetime
    expires_at: datetime
    personal: ClaimantDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentClaimGranted:
    """`claimant_id` is the person that the claimant's submission became."""

    claim_id: UUID
    submission_id: UUID
    claimant_id: UUID
    reason_code: ClaimReason
    granted_by: UUID
    granted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentClaimRefused:
    claim_id: UUID
    submission_id: UUID
    reason_code: ClaimReason
    refused_by: UUID
    refused_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentClaimExpired:
    """It was not decided in time, or the holder was erased, which frees the document."""

    claim_id: UUID
    submission_id: UUID
    expired_at: datetime


DocumentClaimEvent: TypeAlias = (
    DocumentClaimOpened | DocumentClaimGranted | DocumentClaimRefused | DocumentClaimExpired
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoClaim:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    claim_id: UUID
    submission_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedClaim:
    """Granted, refused or expired; no event can follow."""


DocumentClaim: TypeAlias = NoClaim | OpenClaim | EndedClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDocument:
    claim_id: UUID
    submission_id: UUID
    locale: str
    country: str
    document_type: str
    claimant: ClaimantDetails
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantClaim:
    """`claimant_id` is the person that the claimant's submission becomes."""

    claimant_id: UUID
    reason_code: ClaimReason
    granted_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseClaim:
    reason_code: ClaimReason
    refused_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseForAnotherClaim:
    """Another claim to the document is granted at this moment."""

    granted_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireClaim:
    """End an undecided claim in time; at once where `holder_erased`."""

    holder_erased: bool = False
    now: datetime


DocumentClaimCommand: TypeAlias = (
    ClaimDocument | GrantClaim | RefuseClaim | RefuseForAnotherClaim | ExpireClaim
)


class ClaimRefused(Exception):
    """The rules of claims do not allow the command in the claim's present state."""


class NoSuchClaim(ClaimRefused):
    def __init__(self) -> None:
        super().__init__("there is no such claim")


class ClaimDecided(ClaimRefused):
    def __init__(self) -> None:
        super().__init__("the claim has been decided or has expired")


class ReasonNotFitting(ClaimRefused):
    def __init__(self, reason_code: ClaimReason) -> None:
        super().__init__(f"{reason_code} is no reason for this decision")


def evolve_document_claim(state: DocumentClaim, event: DocumentClaimEvent) -> DocumentClaim:
    match state, event:
        case NoClaim(), DocumentClaimOpened():
            return OpenClaim(
                claim_id=event.claim_id,
                submission_id=event.submission_id,
                expires_at=event.expires_at,
            )
        case OpenClaim(), DocumentClaimGranted() | DocumentClaimRefused() | DocumentClaimExpired():
            return EndedClaim()
        case _:
            return state


def decide_on_document_claim(
    command: DocumentClaimCommand, state: DocumentClaim
) -> list[DocumentClaimEvent]:
    match command:
        case ClaimDocument():
            return claim_document(command, state)
        case GrantClaim():
            return grant_claim(command, state)
        case RefuseClaim():
            return refuse_claim(command, state)
        case RefuseForAnotherClaim():
            return refuse_for_another_claim(command, state)
        case ExpireClaim():
            return expire_claim(command, state)
        case _:
            assert_never(command)


def claim_document(command: ClaimDocument, state: DocumentClaim) -> list[DocumentClaimEvent]:
    """Quiet for a claim that is open or has ended: the same request again."""
    if not isinstance(state, NoClaim):
        return []
    return [
        DocumentClaimOpened(
            claim_id=command.claim_id,
            submission_id=command.submission_id,
            locale=command.locale,
            country=command.country,
            document_type=command.document_type,
            opened_at=command.now,
            expires_at=command.now + UNDECIDED_CLAIMS_END_AFTER,
            personal=command.claimant,
        )
    ]


def grant_claim(command: GrantClaim, state: DocumentClaim) -> list[DocumentClaimEvent]:
    claim = _require_open(state, command.now)
    if command.reason_code not in REASONS_TO_GRANT:
        raise ReasonNotFitting(command.reason_code)
    return [
        DocumentClaimGranted(
            claim_id=claim.claim_id,
            submission_id=claim.submission_id,
            claimant_id=command.claimant_id,
            reason_code=command.reason_code,
            granted_by=command.granted_by,
            granted_at=command.now,
        )
    ]


def refuse_claim(command: RefuseClaim, state: DocumentClaim) -> list[DocumentClaimEvent]:
    claim = _require_open(state, command.now)
    if command.reason_code not in REASONS_TO_REFUSE:
        raise ReasonNotFitting(command.reason_code)
    return [
        DocumentClaimRefused(
            claim_id=claim.claim_id,
            submission_id=claim.submission_id,
            reason_code=command.reason_code,
            refused_by=command.refused_by,
            refused_at=command.now,
        )
    ]


def refuse_for_another_claim(
    command: RefuseForAnotherClaim, state: DocumentClaim
) -> list[DocumentClaimEvent]:
    """Quiet for a claim that has ended. One that a sweep has not expired yet is refused."""
    if not isinstance(state, OpenClaim):
        return []
    return [
        DocumentClaimRefused(
            claim_id=state.claim_id,
            submission_id=state.submission_id,
            reason_code=ClaimReason.GRANTED_TO_ANOTHER,
            refused_by=command.granted_by,
            refused_at=command.now,
        )
    ]


def expire_claim(command: ExpireClaim, state: DocumentClaim) -> list[DocumentClaimEvent]:
    """Quiet for a claim that has ended or may still be decided: a sweep can come too early."""
    if not isinstance(state, OpenClaim):
        return []
    if command.now < state.expires_at and not command.holder_erased:
        return []
    return [
        DocumentClaimExpired(
            claim_id=state.claim_id, submission_id=state.submission_id, expired_at=command.now
        )
    ]


def _require_open(state: DocumentClaim, now: datetime) -> OpenClaim:
    match state:
        case NoClaim():
            raise NoSuchClaim
        case OpenClaim() if now < state.expires_at:
            return state
        case OpenClaim() | EndedClaim():
            raise ClaimDecided
        case _:
            assert_never(state)


DOCUMENT_CLAIM: Decider[DocumentClaimCommand, DocumentClaim, DocumentClaimEvent] = Decider(
    decide_on_document_claim, evolve_document_claim, NoClaim()
)
