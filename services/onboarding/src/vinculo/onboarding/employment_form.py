"""Step three as it is sent, and made into what can be declared."""

from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from vinculo.onboarding.domain.step_events import (
    ContractType,
    Deduction,
    EmploymentDetails,
    PayerContact,
)
from vinculo.onboarding.fields.contacts import email_address, phone_number
from vinculo.onboarding.fields.refusals import FormCheck
from vinculo.onboarding.fields.texts import short_text

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


class EmploymentBody(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    payer_id: UUID
    position: Line
    contract_type: ContractType
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "COP"
    net_monthly_salary_cents: Salary
    deductions: Annotated[tuple[DeductionBody, ...], Field(max_length=20)] = ()
    payer_contact: PayerContactBody


def checked_employment(body: EmploymentBody, country: str) -> EmploymentDetails:
    """Raises FormRefused with every fault."""
    form = FormCheck()
    contact = body.payer_contact
    phone = partial(phone_number, country=country)
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
    )
    form.finish()
    return details
