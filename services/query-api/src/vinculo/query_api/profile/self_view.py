"""What a person sees of themselves, with labels in their language."""

from datetime import datetime
from typing import Annotated, NotRequired
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from vinculo.contracts.credit import LoanStatus
from vinculo.contracts.customer_registry import Kind, Status
from vinculo.query_api.person_document.credit import is_active
from vinculo.query_api.person_document.schema import (
    NO_ID,
    CreditApplicationReport,
    CreditApplicationStatusCode,
    KindCode,
    LoanReport,
    Person,
)
from vinculo.query_api.profile.credit import applications_of, loans_of, refinanced
from vinculo.query_api.texts import TextContext, label
from vinculo.translation import Language


class OwnLoan(TypedDict):
    """A loan of the person's."""

    loan_id: Annotated[str, Field(description="The credit system's id of the loan.")]
    status: Annotated[str, Field(description="As the credit system reports it.")]
    status_in_words: Annotated[str, Field(description="The status in the person's language.")]
    currency: Annotated[str, Field(description="ISO 4217 code of the amounts.")]
    principal_cents: Annotated[int, Field(description="Amount lent, in minor units.")]
    outstanding_cents: Annotated[int, Field(description="Amount still owed, in minor units.")]
    disbursed_at: Annotated[datetime, Field(description="When it was paid out.")]
    closed_at: Annotated[datetime | None, Field(description="When it ended.")]
    replaced_by_loan_id: Annotated[str | None, Field(description="The loan that refinanced it.")]
    reported_at: Annotated[datetime, Field(description="The time of the latest report.")]


class OwnRefinancedLoan(OwnLoan):
    """A loan that another one has replaced."""

    replaced_by: Annotated[
        OwnLoan | None, Field(description="The loan that replaced it, if that was reported.")
    ]


class OwnCreditApplication(TypedDict):
    """An application for credit of the person's."""

    application_id: Annotated[str, Field(description="The credit system's id of it.")]
    line: Annotated[str, Field(description="The credit system's code of the product.")]
    stage: Annotated[str, Field(description="The credit system's code of the stage.")]
    stage_name: Annotated[str | None, Field(description="The stage in the system's words.")]
    status: Annotated[CreditApplicationStatusCode, Field(description="Open until decided.")]
    status_in_words: Annotated[str, Field(description="The status in the person's language.")]
    currency: Annotated[str, Field(description="ISO 4217 code of the amounts.")]
    requested_cents: Annotated[int, Field(description="Amount requested, in minor units.")]
    approved_cents: Annotated[int | None, Field(description="Amount approved, in minor units.")]
    submitted_at: Annotated[datetime, Field(description="When it was submitted.")]
    stage_since: Annotated[datetime, Field(description="When it entered the stage.")]
    reported_at: Annotated[datetime, Field(description="The time of the latest report.")]


class SelfView(TypedDict):
    """What a person sees of themselves."""

    person_id: Annotated[UUID, Field(description="The id of the person.")]
    customer_id: Annotated[
        UUID | None, Field(description="The id of the customer; null for a pre-customer.")
    ]
    kind: Annotated[KindCode, Field(description="Whether the person is a customer already.")]
    kind_in_words: Annotated[str, Field(description="The kind in the person's language.")]
    status: Annotated[str, Field(description="Current status.")]
    status_in_words: Annotated[str, Field(description="The status in the person's language.")]
    may_apply_for_credit: Annotated[
        bool, Field(description="Whether the person is an enabled customer.")
    ]
    active_loans: Annotated[int, Field(description="Number of active loans.")]
    loans: Annotated[list[OwnLoan], Field(description="Those not refinanced, the oldest first.")]
    refinanced_loans: NotRequired[
        Annotated[list[OwnRefinancedLoan], Field(description="Only when there are any.")]
    ]
    credit_applications: Annotated[
        list[OwnCreditApplication], Field(description="All of them, the newest first.")
    ]


def self_view(person: Person, language: Language) -> SelfView:
    """The view; it has `refinanced_loans` only when there are any."""
    loans = loans_of(person)
    customer_id = person["customer_id"]
    view: SelfView = {
        "person_id": person["_id"],
        "customer_id": None if customer_id == NO_ID else customer_id,
        "kind": person["kind"],
        "kind_in_words": label(TextContext.KIND, person["kind"], language),
        "status": person["status"],
        "status_in_words": label(TextContext.STATUS, person["status"], language),
        "may_apply_for_credit": person["kind"] == Kind.CUSTOMER.value
        and person["status"] == Status.ENABLED.value,
        "active_loans": sum(map(is_active, loans)),
        "loans": [
            _loan(loan, language) for loan in loans if loan["status"] != LoanStatus.REFINANCED.value
        ],
        "credit_applications": [_application(each, language) for each in applications_of(person)],
    }
    if replaced := refinanced(loans):
        view["refinanced_loans"] = [
            {**_loan(loan, language), "replaced_by": _replacement(loan["replaced_by"], language)}
            for loan in replaced
        ]
    return view


def _loan(loan: LoanReport, language: Language) -> OwnLoan:
    return {
        "loan_id": loan["loan_id"],
        "status": loan["status"],
        "status_in_words": label(TextContext.LOAN_STATUS, loan["status"], language),
        "currency": loan["currency"],
        "principal_cents": loan["principal_cents"],
        "outstanding_cents": loan["outstanding_cents"],
        "disbursed_at": loan["disbursed_at"],
        "closed_at": loan["closed_at"],
        "replaced_by_loan_id": loan["replaced_by_loan_id"],
        "reported_at": loan["reported_at"],
    }


def _replacement(loan: LoanReport | None, language: Language) -> OwnLoan | None:
    return None if loan is None else _loan(loan, language)


def _application(application: CreditApplicationReport, language: Language) -> OwnCreditApplication:
    return {
        "application_id": application["application_id"],
        "line": application["line"],
        "stage": application["stage"],
        "stage_name": application["stage_name"],
        "status": application["status"],
        "status_in_words": label(
            TextContext.CREDIT_APPLICATION_STATUS, application["status"], language
        ),
        "currency": application["currency"],
        "requested_cents": application["requested_cents"],
        "approved_cents": application["approved_cents"],
        "submitted_at": application["submitted_at"],
        "stage_since": application["stage_since"],
        "reported_at": application["reported_at"],
    }
