"""The document's part `registry`: the record's kind, status and requirements.

Status and kind come from here alone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from vinculo.contracts import Facts
from vinculo.contracts.customer_registry import (
    Kind,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordSetPending,
    RecordUnblocked,
    RequirementResult,
    RequirementsEvaluated,
    StatusMove,
)
from vinculo.query_api.mongo import Document

MAX_STATUS_MOVES: Final = 200
"""Moves that a document remembers; all that ever were are in the timeline."""


def fold_registry(part: Document, event: Facts) -> None:
    match event:
        case PreCustomerRegistered():
            part["kind"] = Kind.PRE_CUSTOMER.value
            part["registration_number"] = event.registration_number
            part["project"] = event.project
            part["registered_at"] = event.registered_at
            _move(part, event, at=event.registered_at)
        case PreCustomerActivated():
            part["activated_at"] = event.activated_at
            _move(part, event, at=event.activated_at)
        case RequirementsEvaluated():
            _evaluate(part, event.policy, event.policy_version, event.results)
            part["evaluated_at"] = event.evaluated_at
        case PreCustomerPromoted():
            part["kind"] = Kind.CUSTOMER.value
            part["customer_id"] = event.customer_id
            part["completed_at"] = event.completed_at
            part["promoted_at"] = event.promoted_at
            _evaluate(part, event.policy, event.policy_version, event.results)
            _move(part, event, at=event.promoted_at)
        case RecordEnabled():
            _move(part, event, at=event.enabled_at, by=event.enabled_by)
        case RecordSetPending():
            _move(part, event, at=event.set_pending_at, by=event.set_pending_by)
        case RecordDisabled():
            _move(part, event, at=event.disabled_at, by=event.disabled_by)
        case RecordBlocked():
            _move(part, event, at=event.blocked_at, by=event.blocked_by)
        case RecordUnblocked():
            _move(part, event, at=event.unblocked_at, by=event.unblocked_by)


def _move(
    part: Document,
    event: PreCustomerRegistered | PreCustomerActivated | PreCustomerPromoted | StatusMove,
    *,
    at: datetime,
    by: UUID | None = None,
) -> None:
    part["status"] = event.to_status
    part["status_changed_at"] = at
    part["status_cause"] = event.cause
    part["status_reason_code"] = event.reason_code if isinstance(event, StatusMove) else None
    part["status_changed_by"] = by
    moves = part.setdefault("moves", [])
    moves.append({"at": at, "kind": part.get("kind"), "status": event.to_status})
    del moves[:-MAX_STATUS_MOVES]


def _evaluate(
    part: Document, policy: str, policy_version: int, results: Sequence[RequirementResult]
) -> None:
    part["policy"] = policy
    part["policy_version"] = policy_version
    part["results"] = [
        {
            "requirement": result.requirement,
            "outcome": result.outcome.value,
            "evidence": [
                {"fact": evidence.fact, "event_id": evidence.event_id}
                for evidence in result.evidence
            ],
            "missing_facts": list(result.missing_facts),
            "observed": result.observed,
        }
        for result in results
    ]
