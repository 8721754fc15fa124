"""What others' events mean for the documents; pure."""

from dataclasses import dataclass
from datetime import datetime

from vinculo.contracts import Facts
from vinculo.contracts.customer_registry import (
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordErased,
    StatusMove,
)
from vinculo.contracts.onboarding import ApplicationStarted
from vinculo.documents.domain.dossier_decisions import OpenDossier
from vinculo.documents.domain.requirement_set import RequirementSets


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLearned:
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureLearned:
    erased_at: datetime


def dossier_command(event: Facts | None, sets: RequirementSets) -> OpenDossier | None:
    """Everyone who starts an application has a dossier, opened at that moment."""
    if isinstance(event, ApplicationStarted):
        return OpenDossier(requirement_set=sets.of(event.project), now=event.started_at)
    return None


def access_learned(event: Facts | None) -> StatusLearned | ErasureLearned | None:
    match event:
        case (
            PreCustomerRegistered() | PreCustomerActivated() | PreCustomerPromoted() | StatusMove()
        ):
            return StatusLearned(status=event.to_status)
        case RecordErased():
            return ErasureLearned(erased_at=event.erased_at)
        case _:
            return None
