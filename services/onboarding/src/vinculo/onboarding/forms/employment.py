"""Step three: the employment form, its draft while it is filled in, and the rules of its fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from vinculo.onboarding.domain.employment import (
    ContractType,
    Deduction,
    EmploymentDetails,
    PayerContact,
    indicative_capacity_cents,
)
from vinculo.onboarding.forms.drafts import DraftBody, read_draft
from vinculo.onboarding.forms.fields import FormBody, Line, ShortText
from vinculo.onboarding.forms.validation import FieldError, FormValidator, InvalidForm
from vinculo.values.contacts import email_address, phone_number
from vinculo.values.currencies import (
    ISO_4217,
    SALARY_CURRENCIES,
    SALARY_LIMITS,
    SalaryLimits,
    plausible_salary,
    salary_currency,
)
from vinculo.values.names import short_text
from vinculo.values.tax_ids import tax_id

REFRESH_DAYS: Final = 180
DEDUCTIBLE_PERCENT: Final[Mapping[str, int]] = MappingProxyType({"CO": 50})

VALID_TEXT: Final = "(missing)"
"""Stands in for a text that is still missing in a draft."""

Cents = Annotated[int, Field(strict=True, ge=0, le=10**15)]
Salary = Annotated[int, Field(strict=True, gt=0, le=10**15)]


class DeductionBody(FormBody):
    concept: Line
    amount_cents: Cents


class PayerContactBody(FormBody):
    name: Line
    phone: ShortText | None = None
    email: ShortText | None = None


class TypedPayerBody(FormBody):
    """A payer that is not in the catalogue; it becomes a proposal to operations."""

    name: Line
    tax_id: ShortText | None = None


class EmploymentBody(FormBody):
    """Exactly one of `payer_id` and `payer` is given."""

    payer_id: UUID | None = None
    payer: TypedPayerBody | None = None
    position: Line
    contract_type: ContractType
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "COP"
    net_monthly_salary_cents: Salary
    deductions: Annotated[tuple[DeductionBody, ...], Field(max_length=20)] = ()
    payer_contact: PayerContactBody


class EmploymentDraft(EmploymentBody):
    """The fields of an employment, none of them required."""

    position: Line = VALID_TEXT
    contract_type: ContractType = ContractType.INDEFINITE
    net_monthly_salary_cents: Salary = 1
    payer_contact: PayerContactBody = PayerContactBody(name=VALID_TEXT)


class EmploymentDraftBody(DraftBody):
    model = EmploymentDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class EmploymentRules:
    """Rules that differ by installation.

    `currencies` are by country, and any is allowed in other countries. `salary_limits` are by
    currency. `deductible_percent` is by project or country, the project's first; without one no
    capacity is computed. `refresh_days` is the age from which an employment should be declared
    again. `smtputf8` is as in RegistrationRules.
    """

    currencies: Mapping[str, frozenset[str]] = field(default_factory=lambda: SALARY_CURRENCIES)
    salary_limits: Mapping[str, SalaryLimits] = field(default_factory=lambda: SALARY_LIMITS)
    deductible_percent: Mapping[str, int] = field(default_factory=lambda: DEDUCTIBLE_PERCENT)
    refresh_days: int = REFRESH_DAYS
    smtputf8: bool = False

    def currencies_of(self, country: str) -> frozenset[str]:
        return self.currencies.get(country, ISO_4217)

    def percent_of(self, project: str, country: str) -> int | None:
        return self.deductible_percent.get(project, self.deductible_percent.get(country))


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedPayer:
    name: str
    tax_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Employment:
    payer: UUID | TypedPayer
    contract_type: ContractType
    currency: str
    details: EmploymentDetails


def validate_employment(
    body: EmploymentBody, rules: EmploymentRules, *, project: str, country: str
) -> Employment:
    """The valid employment. Whether its payer may be declared is for the use case.

    Raises:
        InvalidForm: with every error.

    """
    form = FormValidator(live=isinstance(body, EmploymentDraft))
    payer = validate_payer_choice(form, body)
    currency = form.validate(
        "currency",
        body.currency,
        partial(salary_currency, allowed=rules.currencies_of(country)),
    )
    details = EmploymentDetails(
        position=form.validate("position", body.position, short_text),
        net_monthly_salary_cents=form.validate(
            "net_monthly_salary_cents",
            body.net_monthly_salary_cents,
            partial(plausible_salary, limits=rules.salary_limits.get(currency)),
        ),
        deductions=tuple(
            Deduction(
                concept=form.validate(f"deductions.{index}.concept", deduction.concept, short_text),
                amount_cents=deduction.amount_cents,
            )
            for index, deduction in enumerate(body.deductions)
        ),
        payer_contact=_validate_payer_contact(form, body, rules, country),
        indicative_capacity_cents=_capacity(body, rules.percent_of(project, country)),
    )
    _validate_amounts(form, body)
    form.raise_if_invalid()
    if payer is None:
        raise AssertionError("a form without a payer passed validation")
    return Employment(
        payer=payer, contract_type=body.contract_type, currency=currency, details=details
    )


def validate_payer_choice(form: FormValidator, body: EmploymentBody) -> UUID | TypedPayer | None:
    """None if both or neither are given, which is then an error of the form."""
    match body.payer_id, body.payer:
        case None, None:
            form.add_error("payer_id", "payer_missing")
            return None
        case UUID() as payer_id, None:
            return payer_id
        case None, TypedPayerBody() as typed:
            return TypedPayer(
                name=form.validate("payer.name", typed.name, short_text),
                tax_id=form.validate_optional("payer.tax_id", typed.tax_id, tax_id),
            )
        case _:
            form.add_error("payer", "payer_ambiguous")
            return None


def validate_contact_is_reachable(
    form: FormValidator, name: str, phone: str | None, email: str | None
) -> None:
    """A contact needs a phone number or an e-mail address; `name` is the field of the contact."""
    if phone is None and email is None:
        form.add_error(f"{name}.phone", "payer_contact_missing")


def _validate_payer_contact(
    form: FormValidator, body: EmploymentBody, rules: EmploymentRules, country: str
) -> PayerContact:
    """In a draft, a contact whose name is still missing need not be reachable."""
    contact = body.payer_contact
    phone = partial(phone_number, country=country)
    email = partial(email_address, smtputf8=rules.smtputf8)
    if not (isinstance(body, EmploymentDraft) and contact.name == VALID_TEXT):
        validate_contact_is_reachable(form, "payer_contact", contact.phone, contact.email)
    return PayerContact(
        name=form.validate("payer_contact.name", contact.name, short_text),
        phone=form.validate_optional("payer_contact.phone", contact.phone, phone),
        email=form.validate_optional("payer_contact.email", contact.email, email),
    )


def _validate_amounts(form: FormValidator, body: EmploymentBody) -> None:
    """Deductions are at most the salary, each and together; a draft's once the salary is given."""
    salary = body.net_monthly_salary_cents
    if "net_monthly_salary_cents" not in body.model_fields_set:
        return
    too_high = [i for i, each in enumerate(body.deductions) if each.amount_cents > salary]
    for index in too_high:
        form.add_error(f"deductions.{index}.amount_cents", "deduction_exceeds_salary")
    if not too_high and sum(each.amount_cents for each in body.deductions) > salary:
        form.add_error("deductions", "deductions_exceed_salary")


def _capacity(body: EmploymentBody, percent: int | None) -> int | None:
    if percent is None:
        return None
    deductions = [deduction.amount_cents for deduction in body.deductions]
    return indicative_capacity_cents(body.net_monthly_salary_cents, deductions, percent)


def read_employment_draft(body: Mapping[str, Any]) -> tuple[EmploymentDraft, Sequence[Any]]:
    """The draft of the well-formed fields, and pydantic's errors of the malformed ones."""
    return read_draft(EmploymentDraft, body, _with_gaps_filled)


def employment_draft_errors(
    draft: EmploymentDraft, rules: EmploymentRules, *, project: str, country: str
) -> tuple[FieldError, ...]:
    """The errors of the given fields, as when employment is declared."""
    given = draft.model_fields_set
    try:
        validate_employment(draft, rules, project=project, country=country)
    except InvalidForm as invalid:
        return tuple(error for error in invalid.errors if error.field.partition(".")[0] in given)
    return ()


def drafted_payer(draft: EmploymentDraft) -> UUID | TypedPayer | None:
    """The payer, or None while its fields are invalid or missing."""
    form = FormValidator()
    payer = validate_payer_choice(form, draft)
    return None if form.errors else payer


def _with_gaps_filled(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give parts of the form that are incomplete a valid value for each missing field."""
    filled = dict(body)
    for name in ("payer", "payer_contact"):
        if isinstance(body.get(name), dict):
            filled[name] = {"name": VALID_TEXT, **body[name]}
    if isinstance(deductions := body.get("deductions"), list):
        blank = {"concept": VALID_TEXT, "amount_cents": 0}
        filled["deductions"] = [
            {**blank, **each} if isinstance(each, dict) else each for each in deductions
        ]
    return filled
