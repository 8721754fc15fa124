"""Loans and credit applications of one person, as credit systems report them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from vinculo.contracts.credit import CreditApplicationStatus, LoanStatus

Snapshot: TypeAlias = Mapping[str, Any]
"""The latest report of one loan or credit application."""

FINISHED: Final = frozenset({LoanStatus.CLOSED, LoanStatus.WRITTEN_OFF, LoanStatus.CANCELLED})


def loans_of(document: Mapping[str, Any]) -> list[Snapshot]:
    """The oldest first; of the same time by name."""
    return sorted(
        document.get("loans", {}).values(),
        key=lambda loan: (loan["disbursed_at"], loan["source"], loan["loan_id"]),
    )


def applications_of(document: Mapping[str, Any]) -> list[Snapshot]:
    """The newest first."""
    return sorted(
        document.get("credit_applications", {}).values(),
        key=lambda each: (each["submitted_at"], each["source"], each["application_id"]),
        reverse=True,
    )


def refinanced(loans: Sequence[Snapshot]) -> list[dict[str, Any]]:
    """Each with the loan that replaced it, if that one was reported."""
    known = {(loan["source"], loan["loan_id"]): loan for loan in loans}
    return [
        {**loan, "replaced_by": known.get((loan["source"], loan["replaced_by_loan_id"]))}
        for loan in loans
        if loan["status"] == LoanStatus.REFINANCED
    ]


def credit_overview(document: Mapping[str, Any]) -> dict[str, Any]:
    """Amounts are sums over active loans, by currency."""
    loans, applications = loans_of(document), applications_of(document)
    active = [loan for loan in loans if loan["status"] == LoanStatus.ACTIVE]
    return {
        "active_loans": len(active),
        "principal_cents": _sums(active, "principal_cents"),
        "outstanding_cents": _sums(active, "outstanding_cents"),
        "loans": loans,
        "finished_loans": [loan for loan in loans if loan["status"] in FINISHED],
        "open_applications": sum(
            application["status"] == CreditApplicationStatus.OPEN for application in applications
        ),
        "applications": applications,
    }


def _sums(loans: Iterable[Snapshot], amount: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for loan in loans:
        sums[loan["currency"]] = sums.get(loan["currency"], 0) + loan[amount]
    return sums
