"""What the registry tells: registered, activated, evaluated, promoted, moved, erased.

Facts that come together are evaluated together: once where the person stops, or at the promotion.
"""

from typing import Any, Final

from vinculo.contracts.customer_registry import Status
from vinculo.population.applying import Proofs
from vinculo.population.telling import Telling, told_time

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
"""Of each policy, the fact that each requirement rests on."""
MOVES: Final = {
    Status.ENABLED: ("enabled", "reactivated"),
    Status.PENDING: ("set_pending", "data_to_review"),
    Status.DISABLED: ("disabled", "requested"),
    Status.BLOCKED: ("blocked", "fraud_suspected"),
}


def record_registration(telling: Telling) -> None:
    person = telling.person
    facts = {
        "registration_number": person.number + 1,
        "project": person.project,
        "from_status": None,
        "to_status": Status.PENDING_EMAIL_VERIFICATION,
        "cause": "registration",
        "registered_at": telling.moment,
    }
    telling.tell("customer", "pre-customer-registered.v1", facts)


def record_activation(telling: Telling) -> None:
    facts = {
        "from_status": Status.PENDING_EMAIL_VERIFICATION,
        "to_status": Status.PENDING,
        "cause": "email_verified",
        "activated_at": telling.moment,
    }
    telling.tell("customer", "pre-customer-activated.v1", facts)


def record_lapse(telling: Telling) -> None:
    facts = {
        "from_status": Status.PENDING_EMAIL_VERIFICATION,
        "to_status": Status.DISABLED,
        "cause": "activation_lapsed",
        "reason_code": "inactive",
        "disabled_by": None,
        "disabled_at": telling.moment,
    }
    telling.tell("customer", "record-disabled.v1", facts)


def evaluate(telling: Telling, proofs: Proofs) -> None:
    policy = _policy(telling)
    results = _results(policy["policy"], proofs)
    facts = {
        **policy,
        "all_met": all(result["outcome"] == "met" for result in results),
        "results": results,
        "evaluated_at": telling.moment,
    }
    telling.tell("customer", "requirements-evaluated.v1", facts)


def promote(telling: Telling, proofs: Proofs) -> None:
    policy = _policy(telling)
    facts = {
        "customer_id": telling.new_id(),
        **policy,
        "results": _results(policy["policy"], proofs),
        "from_status": Status.PENDING,
        "to_status": Status.ENABLED,
        "cause": "promotion",
        "registered_at": told_time(telling.person.registered_at),
        "completed_at": proofs.completed_at,
        "promoted_at": telling.moment,
    }
    telling.tell("customer", "pre-customer-promoted.v1", facts)


def move(telling: Telling, before: Status, after: Status) -> None:
    """What an operator did."""
    at, unblocked = telling.pass_time(60 * 24 * 120), before is Status.BLOCKED
    verb, reason = ("unblocked", "investigation_closed") if unblocked else MOVES[after]
    facts = {
        "from_status": before,
        "to_status": after,
        "cause": "operator",
        "reason_code": reason,
        f"{verb}_by": OPERATOR,
        f"{verb}_at": at,
    }
    telling.tell("customer", f"record-{verb.replace('_', '-')}.v1", facts)


def erase(telling: Telling) -> None:
    facts = {
        "erasure_id": telling.new_id(),
        "reason_code": "requested",
        "erased_by": OPERATOR,
        "erased_at": telling.pass_time(60 * 24 * 60),
    }
    telling.tell("customer", "record-erased.v1", facts)
    telling.tell("application", "applicant-erased.v1", {"erased_at": telling.moment})


def _policy(telling: Telling) -> dict[str, Any]:
    project = telling.person.project
    return {"project": project, "policy": POLICY_OF[project], "policy_version": 1}


def _results(policy: str, proofs: Proofs) -> list[dict[str, Any]]:
    return [
        _met(requirement, fact, proofs.events[fact])
        if fact in proofs.events
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
