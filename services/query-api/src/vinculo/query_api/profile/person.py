"""A person's document as the profile shows it: credit overview and customer details."""

from collections.abc import Mapping, Sequence
from typing import Any

from vinculo.contracts.credit import LoanStatus


def profile(document: Mapping[str, Any], *, payer: str | None, with_salary: bool) -> dict[str, Any]:
    """`refinanced_loans` is there only when there are any."""
    registry: Mapping[str, Any] = document["registry"]
    loans = sorted(document.get("loans", {}).values(), key=lambda loan: loan["disbursed_at"])
    refinanced = [loan for loan in loans if loan["status"] == LoanStatus.REFINANCED]
    return {
        "person_id": document["_id"],
        "customer_id": document.get("customer_id"),
        "kind": document["kind"],
        "status": document["status"],
        "version": registry["version"],
        "credit_overview": credit_overview(loans, document["active_loans"]),
        "customer_details": {
            "personal": personal(document),
            "employment": employment(document, payer, with_salary=with_salary),
            "documents": documents(document),
            "consents": document["application"].get("consents", {}),
            "status": status(registry),
            "requirements": requirements(registry),
        },
        **({"refinanced_loans": refinanced} if refinanced else {}),
    }


def credit_overview(loans: Sequence[Mapping[str, Any]], active: int) -> dict[str, Any]:
    """Amounts by currency, of active loans."""
    outstanding: dict[str, int] = {}
    for loan in loans:
        if loan["status"] == LoanStatus.ACTIVE:
            currency = loan["currency"]
            outstanding[currency] = outstanding.get(currency, 0) + loan["outstanding_cents"]
    return {"active_loans": active, "outstanding_cents": outstanding, "loans": list(loans)}


def personal(document: Mapping[str, Any]) -> dict[str, Any]:
    known: Mapping[str, Any] = document.get("personal", {})
    shown = ("name", "given_names", "surnames", "document_number", "birth_date", "email", "phone")
    application: Mapping[str, Any] = document["application"]
    return {
        **{field: known.get(field) for field in shown},
        "country": application["country"],
        "document_type": application["document_type"],
        "locale": application["locale"],
        "channel": application["channel"],
    }


def employment(
    document: Mapping[str, Any], payer: str | None, *, with_salary: bool
) -> dict[str, Any] | None:
    """None until declared. Salary and deductions only for who may see them."""
    declared: Mapping[str, Any] | None = document["application"].get("employment")
    if declared is None:
        return None
    known: dict[str, Any] = dict(document.get("personal", {}).get("employment") or {})
    if not with_salary:
        known.pop("net_monthly_salary_cents", None)
        known.pop("deductions", None)
    return {**declared, "payer": payer, **known}


def documents(document: Mapping[str, Any]) -> dict[str, Any]:
    dossier: Mapping[str, Any] = document.get("dossier") or {}
    return {
        "state": dossier.get("state"),
        "submitted_at": dossier.get("submitted_at"),
        "accepted_at": dossier.get("accepted_at"),
        "files": [
            {"document_id": document_id, **facts}
            for document_id, facts in dossier.get("documents", {}).items()
        ],
    }


def status(registry: Mapping[str, Any]) -> dict[str, Any]:
    """The status with its reason and the three instants of a person's way."""
    shown = (
        "status_changed_at",
        "status_cause",
        "status_reason_code",
        "status_changed_by",
        "registration_number",
        "registered_at",
        "activated_at",
        "completed_at",
        "promoted_at",
    )
    return {"status": registry["status"], **{field: registry.get(field) for field in shown}}


def requirements(registry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "policy": registry.get("policy"),
        "policy_version": registry.get("policy_version"),
        "results": registry.get("results", []),
    }
