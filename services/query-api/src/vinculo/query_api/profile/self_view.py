"""What a person sees of themselves, with labels in their language."""

from collections.abc import Mapping
from typing import Any, Final

from vinculo.contracts.credit import LoanStatus
from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api.person_document.schema import NO_ID
from vinculo.query_api.profile.credit import Snapshot, applications_of, loans_of, refinanced
from vinculo.query_api.texts import TextContext, label
from vinculo.translation import Language

LOAN_FIELDS: Final = (
    "loan_id",
    "status",
    "currency",
    "principal_cents",
    "outstanding_cents",
    "disbursed_at",
    "closed_at",
    "replaced_by_loan_id",
    "reported_at",
)
APPLICATION_FIELDS: Final = (
    "application_id",
    "line",
    "stage",
    "stage_name",
    "status",
    "currency",
    "requested_cents",
    "approved_cents",
    "submitted_at",
    "stage_since",
    "reported_at",
)


def self_view(document: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The view; it has `refinanced_loans` only when there are any."""
    loans = loans_of(document)
    replaced = refinanced(loans)
    customer_id = document["customer_id"]
    return {
        "person_id": document["_id"],
        "customer_id": None if customer_id == NO_ID else customer_id,
        "kind": document["kind"],
        "kind_in_words": label(TextContext.KIND, document["kind"], language),
        "status": document["status"],
        "status_in_words": label(TextContext.STATUS, document["status"], language),
        "may_apply_for_credit": document["kind"] == Kind.CUSTOMER
        and document["status"] == Status.ENABLED,
        "active_loans": sum(loan["status"] == LoanStatus.ACTIVE for loan in loans),
        "loans": [
            _loan(loan, language) for loan in loans if loan["status"] != LoanStatus.REFINANCED
        ],
        **(
            {
                "refinanced_loans": [
                    {**_loan(loan, language), "replaced_by": _replacement(loan, language)}
                    for loan in replaced
                ]
            }
            if replaced
            else {}
        ),
        "credit_applications": [_application(each, language) for each in applications_of(document)],
    }


def _loan(loan: Snapshot, language: Language) -> dict[str, Any]:
    shown = {field: loan[field] for field in LOAN_FIELDS}
    return {**shown, "status_in_words": label(TextContext.LOAN_STATUS, loan["status"], language)}


def _replacement(loan: Snapshot, language: Language) -> dict[str, Any] | None:
    return None if loan["replaced_by"] is None else _loan(loan["replaced_by"], language)


def _application(application: Snapshot, language: Language) -> dict[str, Any]:
    shown = {field: application[field] for field in APPLICATION_FIELDS}
    status = label(TextContext.CREDIT_APPLICATION_STATUS, application["status"], language)
    return {**shown, "status_in_words": status}
