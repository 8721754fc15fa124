"""The document's parts `loans` and `credit_applications`, by credit system and the id there.

A report carries the full state, so the last one stands for all before it.
"""

from vinculo.contracts.credit import CreditApplicationReported, Loan
from vinculo.query_api.mongo import Document
from vinculo.query_api.people.fields import field_name


def report_key(source: str, id_there: str) -> str:
    """A field name: neither dots nor dollar signs, different for different loans."""
    return f"{field_name(source)}|{field_name(id_there)}"


def fold_loan(source: str, event: Loan) -> Document:
    return {
        "version": event.loan_version,
        "source": source,
        "loan_id": event.loan_id,
        "status": event.status.value,
        "currency": event.currency,
        "principal_cents": event.principal_cents,
        "outstanding_cents": event.outstanding_cents,
        "disbursed_at": event.disbursed_at,
        "closed_at": event.closed_at,
        "replaced_by_loan_id": event.replaced_by_loan_id,
        "reported_at": event.reported_at,
    }


def fold_credit_application(source: str, event: CreditApplicationReported) -> Document:
    return {
        "version": event.application_version,
        "source": source,
        "application_id": event.application_id,
        "line": event.line,
        "stage": event.stage,
        "stage_name": event.stage_name,
        "status": event.status.value,
        "currency": event.currency,
        "requested_cents": event.requested_cents,
        "approved_cents": event.approved_cents,
        "submitted_at": event.submitted_at,
        "stage_since": event.stage_since,
        "reported_at": event.reported_at,
    }
