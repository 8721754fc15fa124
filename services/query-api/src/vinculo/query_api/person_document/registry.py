"""The section `registry`: the record's kind, status and requirements.

Only this section decides kind and status.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from vinculo.contracts import Facts
from vinculo.contracts.customer_registry import (
    InternalUserGranted,
    InternalUserRevoked,
    Kind,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordErased,
    RecordSetPending,
    RecordUnblocked,
    RequirementResult,
    RequirementsEvaluated,
    StatusMove,
)
from vinculo.query_api.person_document.schema import EvaluatedRequirement, Person, RegistrySection

COUNTED_EVENTS: Final = (
    InternalUserGranted,
    InternalUserRevoked,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordErased,
    StatusMove,
)
"""The events that raise the status version; those from before it are counted."""
MAX_STATUS_MOVES: Final = 200
"""Bounds the document's size; the timeline has every status change."""


def registry_section(person: Person) -> RegistrySection:
    """The section, made when there is none."""
    return person.setdefault("registry", {"version": 0})


def fold_registry(section: RegistrySection, event: Facts) -> None:
    _count(section, event)
    match event:
        case PreCustomerRegistered():
            section["kind"] = Kind.PRE_CUSTOMER.value
            section["registration_number"] = event.registration_number
            section["project"] = event.project
            section["registered_at"] = event.registered_at
            _change_status(section, event, at=event.registered_at)
        case PreCustomerActivated():
            section["activated_at"] = event.activated_at
            _change_status(section, event, at=event.activated_at)
        case RequirementsEvaluated():
            _set_results(section, event)
            section["evaluated_at"] = event.evaluated_at
        case PreCustomerPromoted():
            section["kind"] = Kind.CUSTOMER.value
            section["customer_id"] = event.customer_id
            section["completed_at"] = event.completed_at
            section["promoted_at"] = event.promoted_at
            _set_results(section, event)
            _change_status(section, event, at=event.promoted_at)
        case RecordEnabled():
            _change_status(section, event, at=event.enabled_at, by=event.enabled_by)
        case RecordSetPending():
            _change_status(section, event, at=event.set_pending_at, by=event.set_pending_by)
        case RecordDisabled():
            _change_status(section, event, at=event.disabled_at, by=event.disabled_by)
        case RecordBlocked():
            _change_status(section, event, at=event.blocked_at, by=event.blocked_by)
        case RecordUnblocked():
            _change_status(section, event, at=event.unblocked_at, by=event.unblocked_by)


def _count(section: RegistrySection, event: Facts) -> None:
    if isinstance(event, COUNTED_EVENTS):
        counted = section.get("status_version", 0) + 1
        section["status_version"] = event.status_version or counted


def _change_status(
    section: RegistrySection,
    event: PreCustomerRegistered | PreCustomerActivated | PreCustomerPromoted | StatusMove,
    *,
    at: datetime,
    by: UUID | None = None,
) -> None:
    section["status"] = event.to_status
    section["status_changed_at"] = at
    section["status_cause"] = event.cause
    section["status_reason_code"] = event.reason_code if isinstance(event, StatusMove) else None
    section["status_changed_by"] = by
    moves = section.setdefault("moves", [])
    moves.append({"at": at, "kind": section.get("kind"), "status": event.to_status})
    del moves[:-MAX_STATUS_MOVES]


def _set_results(
    section: RegistrySection, event: RequirementsEvaluated | PreCustomerPromoted
) -> None:
    section["policy"] = event.policy
    section["policy_version"] = event.policy_version
    section["results"] = [_evaluated(result) for result in event.results]


def _evaluated(result: RequirementResult) -> EvaluatedRequirement:
    return {
        "requirement": result.requirement,
        "outcome": result.outcome.value,
        "evidence": [
            {"fact": evidence.fact, "event_id": evidence.event_id} for evidence in result.evidence
        ],
        "missing_facts": list(result.missing_facts),
        "observed": result.observed,
    }
