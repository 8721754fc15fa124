"""What the events of other services mean for dossiers and for access; pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

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

RELEVANT_EVENTS: Final = (
    ApplicationStarted,
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
