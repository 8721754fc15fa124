"""Loans and credit applications of one person, as credit systems report them."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field
from typing_extensions import TypedDict

from vinculo.contracts.credit import CreditApplicationStatus, LoanStatus
from vinculo.query_api.person_document.credit import is_active
from vinculo.query_api.person_document.schema import (
    CreditApplicationReport,
    CreditLimit,
    LoanReport,
    Person,
)

CentsByCurrency: TypeAlias = Annotated[
    dict[str, int],
    Field(description="Sum over active loans in minor units, by ISO 4217 code of the currency."),
]


class RefinancedLoan(LoanReport):
    """A loan that another one has replaced."""

    replaced_by: Annotated[
        LoanReport | None, Field(description="The loan that replaced it, if that was reported.")
    ]


class CreditOverview(TypedDict):
    """Loans and credit applications."""

    active_loans: Annotated[int, Field(description="Number of active loans.")]
    principal_cents: CentsByCurrency
    outstanding_cents: CentsByCurrency
    loans: Annotated[
        list[LoanReport],
        Field(description="Loans neither finished nor refinanced, the oldest first."),
    ]
    finished_loans: Annotated[
        list[LoanReport],
        Field(description="Loans closed, written off or cancelled, the oldest first."),
    ]
    credit_limits: Annotated[
        list[CreditLimit], Field(description="The newest limit of each credit system.")
    ]
    open_applications: Annotated[
        int, Field(description="Number of applications neither disbursed, rejected nor withdrawn.")
    ]
    applications: Annotated[
        list[CreditApplicationReport], Field(description="All applications, the newest first.")
    ]


FINISHED: Final = frozenset({LoanStatus.CLOSED, LoanStatus.WRITTEN_OFF, LoanStatus.CANCELLED})
OPEN: Final = frozenset({CreditApplicationStatus.OPEN, CreditApplicationStatus.APPROVED})


def loans_of(person: Person) -> list[LoanReport]:
    """The oldest first; of the same time by name."""
    return sorted(
        person.get("loans", {}).values(),
        key=lambda loan: (loan["disbursed_at"], loan["source"], loan["loan_id"]),
    )


def applications_of(person: Person) -> list[CreditApplicationReport]:
    """The newest first."""
    return sorted(
        person.get("credit_applications", {}).values(),
        key=lambda each: (each["submitted_at"], each["source"], each["application_id"]),
        reverse=True,
    )


def refinanced(loans: Sequence[LoanReport]) -> list[RefinancedLoan]:
    """Each with the loan that replaced it, if that one was reported."""
    known: dict[tuple[str, str | None], LoanReport] = {
        (loan["source"], loan["loan_id"]): loan for loan in loans
    }
    return [
        {**loan, "replaced_by": known.get((loan["source"], loan["replaced_by_loan_id"]))}
        for loan in loans
        if loan["status"] == LoanStatus.REFINANCED.value
    ]


def credit_overview(person: Person) -> CreditOverview:
    """Each loan once, without refinanced ones; amounts are sums over active loans."""
    loans, applications = loans_of(person), applications_of(person)
    active = [loan for loan in loans if is_active(loan)]
    return {
        "active_loans": len(active),
        "principal_cents": _sums(active, "principal_cents"),
        "outstanding_cents": _sums(active, "outstanding_cents"),
        "loans": [
            loan for loan in loans if loan["status"] not in FINISHED | {LoanStatus.REFINANCED}
        ],
        "finished_loans": [loan for loan in loans if loan["status"] in FINISHED],
        "credit_limits": sorted(
            person.get("credit_limits", {}).values(), key=lambda limit: limit["source"]
        ),
        "open_applications": sum(application["status"] in OPEN for application in applications),
        "applications": applications,
    }


def _sums(
    loans: Iterable[LoanReport], amount: Literal["principal_cents", "outstanding_cents"]
) -> dict[str, int]:
    sums: dict[str, int] = {}
    for loan in loans:
        sums[loan["currency"]] = sums.get(loan["currency"], 0) + loan[amount]
    return sums
