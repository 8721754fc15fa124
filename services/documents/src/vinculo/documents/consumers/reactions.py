"""What the events of other services mean for dossiers, for access and for claims; pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from vinculo.contracts import Facts
from vinculo.contracts.customer_registry import (
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordErased,
    StatusMove,
)
from vinculo.contracts.document_claims import (
    DocumentClaimExpired,
    DocumentClaimGranted,
    DocumentClaimOpened,
    DocumentClaimRefused,
)
from vinculo.contracts.onboarding import ApplicationStarted
from vinculo.documents.domain.dossier_decisions import OpenDossier
from vinculo.documents.domain.requirement_set import RequirementSets

RELEVANT_EVENTS: Final = (
    ApplicationStarted,
    DocumentClaimExpired,
    DocumentClaimGranted,
    DocumentClaimOpened,
    DocumentClaimRefused,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordErased,
    StatusMove,
)
"""Events without a reaction are not decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    erased_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOpening:
    claim_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEnd:
    claim_id: UUID
    ended_at: datetime


def dossier_command(event: Facts | None, sets: RequirementSets) -> OpenDossier | None:
    """A dossier is opened for every started application, with the start's time."""
    if isinstance(event, ApplicationStarted):
        return OpenDossier(requirement_set=sets.for_project(event.project), now=event.started_at)
    return None


def access_change(event: Facts | None) -> StatusChange | Erasure | None:
    match event:
        case (
            PreCustomerRegistered() | PreCustomerActivated() | PreCustomerPromoted() | StatusMove()
        ):
            return StatusChange(status=event.to_status)
        case RecordErased():
            return Erasure(erased_at=event.erased_at)
        case _:
            return None


def claim_change(event: Facts | None) -> ClaimOpening | ClaimEnd | None:
    match event:
        case DocumentClaimOpened():
            return ClaimOpening(claim_id=event.claim_id, expires_at=event.expires_at)
        case DocumentClaimGranted(granted_at=at):
            return ClaimEnd(claim_id=event.claim_id, ended_at=at)
        case DocumentClaimRefused(refused_at=at):
            return ClaimEnd(claim_id=event.claim_id, ended_at=at)
        case DocumentClaimExpired(expired_at=at):
            return ClaimEnd(claim_id=event.claim_id, ended_at=at)
        case _:
            return None
