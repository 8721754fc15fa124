"""The document's part `loans`: the last report of each loan, by credit system and loan id."""

from vinculo.contracts.credit import Loan
from vinculo.query_api.mongo import Document
from vinculo.query_api.people.fields import field_name


def loan_key(source: str, loan_id: str) -> str:
    """A field name for the loan: neither dots nor dollar signs, different for different loans."""
    return f"{field_name(source)}|{field_name(loan_id)}"


def fold_loan(source: str, event: Loan) -> Document:
    """A report carries the loan's full state, so it stands for all before it."""
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
