"""A form for step three that is being filled in: whichever fields are there already."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from vinculo.onboarding.domain.employment import ContractType
from vinculo.onboarding.fields.refusals import FieldFault, FormCheck, FormRefused
from vinculo.onboarding.income.employment_form import (
    EmploymentBody,
    Line,
    PayerContactBody,
    Salary,
    checked_employment,
    taken_payer,
)
from vinculo.onboarding.income.employment_rules import EmploymentRules
from vinculo.onboarding.income.payer_proposals import TypedPayer

GOOD = "x"


class EmploymentDraft(EmploymentBody):
    """What is required to declare is not required here."""

    position: Line = GOOD
    contract_type: ContractType = ContractType.INDEFINITE
    net_monthly_salary_cents: Salary = 1
    payer_contact: PayerContactBody = PayerContactBody(name=GOOD)


class EmploymentDraftBody(dict[str, Any]):
    """Any object; described as a draft. A field of a wrong shape is one of the faults told of."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> CoreSchema:
        return core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema())

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(EmploymentDraft.__pydantic_core_schema__)


def read_employment_draft(body: dict[str, Any]) -> tuple[EmploymentDraft, Sequence[Any]]:
    """The fields of the right shape, and pydantic's errors of the others."""
    try:
        return EmploymentDraft.model_validate(_completed(body)), ()
    except ValidationError as invalid:
        errors = invalid.errors()
    misshapen = {error["loc"][0] for error in errors}
    rest = {name: value for name, value in body.items() if name not in misshapen}
    return EmploymentDraft.model_validate(_completed(rest)), errors


def draft_faults(
    draft: EmploymentDraft, rules: EmploymentRules, *, project: str, country: str
) -> tuple[FieldFault, ...]:
    """What declaring would refuse of the fields that are there, but for what the catalogue says."""
    there = draft.model_fields_set
    try:
        checked_employment(draft, rules, project=project, country=country)
    except FormRefused as refused:
        return tuple(each for each in refused.faults if each.field.partition(".")[0] in there)
    return ()


def drafted_payer(draft: EmploymentDraft) -> UUID | TypedPayer | None:
    """Once it can be looked up."""
    form = FormCheck()
    payer = taken_payer(form, draft)
    return None if form.faults else payer


def _completed(body: dict[str, Any]) -> dict[str, Any]:
    """Parts of the form that are begun, with something good where they have nothing yet."""
    completed = dict(body)
    for name in ("payer", "payer_contact"):
        if isinstance(body.get(name), dict):
            completed[name] = {"name": GOOD, **body[name]}
    if isinstance(deductions := body.get("deductions"), list):
        begun = {"concept": GOOD, "amount_cents": 0}
        completed["deductions"] = [
            {**begun, **each} if isinstance(each, dict) else each for each in deductions
        ]
    return completed
