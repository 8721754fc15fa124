"""Step three as it is sent, and made into what can be declared."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from vinculo.onboarding.domain.employment import (
    ContractType,
    Deduction,
    EmploymentDetails,
    PayerContact,
    indicative_capacity_cents,
)
from vinculo.onboarding.fields.refusals import FormCheck
from vinculo.onboarding.income.employment_rules import EmploymentRules
from vinculo.onboarding.income.payer_proposals import TypedPayer
from vinculo.values.contacts import email_address, phone_number
from vinculo.values.currencies import salary_currency
from vinculo.values.names import short_text
from vinculo.values.tax_ids import tax_id

Line = Annotated[str, Field(max_length=120)]
Short = Annotated[str, Field(max_length=320)]
Cents = Annotated[int, Field(strict=True, ge=0, le=10**15)]
Salary = Annotated[int, Field(strict=True, gt=0, le=10**15)]


class DeductionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    concept: Line
    amount_cents: Cents


class PayerContactBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Line
    phone: Short | None = None
    email: Short | None = None


class TypedPayerBody(BaseModel):
    """A payer that the catalogue does not have; operations decide on it."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    tax_id: Short | None = None


class EmploymentBody(BaseModel):
    """The payer by its id, or typed in: exactly one of both."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    payer_id: UUID | None = None
    payer: TypedPayerBody | None = None
    position: Line
    contract_type: ContractType
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "COP"
    net_monthly_salary_cents: Salary
    deductions: Annotated[tuple[DeductionBody, ...], Field(max_length=20)] = ()
    payer_contact: PayerContactBody


@dataclass(frozen=True, slots=True, kw_only=True)
class Employment:
    payer: UUID | TypedPayer
    contract_type: ContractType
    currency: str
    details: EmploymentDetails


def checked_employment(
    body: EmploymentBody, rules: EmploymentRules, *, project: str, country: str
) -> Employment:
    """Raises FormRefused with every fault."""
    form = FormCheck()
    contact = body.payer_contact
    phone = partial(phone_number, country=country)
    payer = taken_payer(form, body)
    currency = form.take(
        "currency",
        body.currency,
        partial(salary_currency, allowed=rules.currencies_of(country)),
    )
    details = EmploymentDetails(
        position=form.take("position", body.position, short_text),
        net_monthly_salary_cents=body.net_monthly_salary_cents,
        deductions=tuple(
            Deduction(
                concept=form.take(f"deductions.{index}.concept", deduction.concept, short_text),
                amount_cents=deduction.amount_cents,
            )
            for index, deduction in enumerate(body.deductions)
        ),
        payer_contact=PayerContact(
            name=form.take("payer_contact.name", contact.name, short_text),
            phone=form.take_optional("payer_contact.phone", contact.phone, phone),
            email=form.take_optional("payer_contact.email", contact.email, email_address),
        ),
        indicative_capacity_cents=_capacity(body, rules.percent_of(project, country)),
    )
    form.finish()
    if payer is None:
        raise AssertionError("a form without a payer was finished")
    return Employment(
        payer=payer, contract_type=body.contract_type, currency=currency, details=details
    )


def taken_payer(form: FormCheck, body: EmploymentBody) -> UUID | TypedPayer | None:
    match body.payer_id, body.payer:
        case None, None:
            form.refuse("payer_id", "payer_missing")
            return None
        case UUID() as payer_id, None:
            return payer_id
        case None, TypedPayerBody() as typed:
            return TypedPayer(
                name=form.take("payer.name", typed.name, short_text),
                tax_id=form.take_optional("payer.tax_id", typed.tax_id, tax_id),
            )
        case _:
            form.refuse("payer", "payer_ambiguous")
            return None


def _capacity(body: EmploymentBody, percent: int | None) -> int | None:
    if percent is None:
        return None
    deductions = [deduction.amount_cents for deduction in body.deductions]
    return indicative_capacity_cents(body.net_monthly_salary_cents, deductions, percent)
