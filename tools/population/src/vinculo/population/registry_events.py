"""Events of the registry: registration, activation, evaluation, promotion, status changes, erasure.

Requirements are evaluated once, after the last step, instead of after every fact.
"""

from typing import Any, Final

from vinculo.contracts.customer_registry import Status
from vinculo.population.event_builder import EventBuilder, fact_time
from vinculo.population.onboarding_events import Evidence

OPERATOR: Final = "0193f5a0-0002-7000-8000-0000000000a2"
POLICY_OF: Final = {"default": "reviewed", "express": "self-service"}
REQUIREMENTS: Final = {
    "reviewed": {
        "email_verified": "email_verified",
        "employment_declared": "employment_declared",
        "documents_accepted": "dossier_accepted",
        "onboarding_completed": "onboarding_completed",
    },
    "self-service": {
        "email_verified": "email_verified",
        "employment_declared": "employment_declared",
        "documents_submitted": "dossier_submitted",
        "onboarding_completed": "onboarding_completed",
    },
}
"""The fact behind each requirement, by policy."""
STATUS_CHANGES: Final = {
    Status.ENABLED: ("enabled", "reactivated"),
    Status.PENDING: ("set_pending", "data_to_review"),
    Status.DISABLED: ("disabled", "requested"),
    Status.BLOCKED: ("blocked", "fraud_suspected"),
}


def record_registration(builder: EventBuilder) -> None:
    person = builder.person
    facts = {
        "registration_number": person.number + 1,
        "project": person.project,
        "from_status": None,
        "to_status": Status.PENDING_EMAIL_VERIFICATION,
        "cause": "registration",
        "registered_at": builder.time,
    }
    builder.emit("customer", "pre-customer-registered.v1", facts)


def record_activation(builder: EventBuilder) -> None:
    facts = {
        "from_status": Status.PENDING_EMAIL_VERIFICATION,
        "to_status": Status.PENDING,
        "cause": "email_verified",
        "activated_at": builder.time,
    }
    builder.emit("customer", "pre-customer-activated.v1", facts)


def record_lapse(builder: EventBuilder) -> None:
    facts = {
        "from_status": Status.PENDING_EMAIL_VERIFICATION,
        "to_status": Status.DISABLED,
        "cause": "activation_lapsed",
        "reason_code": "inactive",
        "disabled_by": None,
        "disabled_at": builder.time,
    }
    builder.emit("customer", "record-disabled.v1", facts)


def evaluate_requirements(builder: EventBuilder, evidence: Evidence) -> None:
    policy = _policy(builder)
    results = _results(policy["policy"], evidence)
    facts = {
        **policy,
        "all_met": all(result["outcome"] == "met" for result in results),
        "results": results,
        "evaluated_at": builder.time,
    }
    builder.emit("customer", "requirements-evaluated.v1", facts)


def promote_person(builder: EventBuilder, evidence: Evidence) -> None:
    policy = _policy(builder)
    facts = {
        "customer_id": builder.new_id(),
        **policy,
        "results": _results(policy["policy"], evidence),
        "from_status": Status.PENDING,
        "to_status": Status.ENABLED,
        "cause": "promotion",
        "registered_at": fact_time(builder.person.registered_at),
        "completed_at": evidence.completed_at,
        "promoted_at": builder.time,
    }
    builder.emit("customer", "pre-customer-promoted.v1", facts)


def change_status(builder: EventBuilder, before: Status, after: Status) -> None:
    """A change of status by an operator."""
    at, is_unblocked = builder.advance(60 * 24 * 120), before is Status.BLOCKED
    verb, reason = ("unblocked", "investigation_closed") if is_unblocked else STATUS_CHANGES[after]
    facts = {
        "from_status": before,
        "to_status": after,
        "cause": "operator",
        "reason_code": reason,
        f"{verb}_by": OPERATOR,
        f"{verb}_at": at,
    }
    builder.emit("customer", f"record-{verb.replace('_', '-')}.v1", facts)


def erase_record(builder: EventBuilder) -> None:
    facts = {
        "erasure_id": builder.new_id(),
        "reason_code": "requested",
        "erased_by": OPERATOR,
        "erased_at": builder.advance(60 * 24 * 60),
    }
    builder.emit("customer", "record-erased.v1", facts)
    builder.emit("application", "applicant-erased.v1", {"erased_at": builder.time})


def _policy(builder: EventBuilder) -> dict[str, Any]:
    project = builder.person.project
    return {"project": project, "policy": POLICY_OF[project], "policy_version": 1}


def _results(policy: str, evidence: Evidence) -> list[dict[str, Any]]:
    return [
        _met(requirement, fact, evidence.events[fact])
        if fact in evidence.events
        else _missing(requirement, fact)
        for requirement, fact in REQUIREMENTS[policy].items()
    ]


def _met(requirement: str, fact: str, event_id: str) -> dict[str, Any]:
    return {
        "requirement": requirement,
        "outcome": "met",
        "evidence": [{"fact": fact, "event_id": event_id}],
        "missing_facts": [],
        "observed": {fact: True},
    }


def _missing(requirement: str, fact: str) -> dict[str, Any]:
    return {
        "requirement": requirement,
        "outcome": "missing",
        "evidence": [],
        "missing_facts": [fact],
        "observed": {},
    }
