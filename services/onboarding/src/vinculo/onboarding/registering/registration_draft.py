"""A form for step one that is being filled in: whichever fields are there already."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from vinculo.onboarding.domain.account import Channel
from vinculo.onboarding.domain.application import Locale, PersonDetails
from vinculo.onboarding.fields.refusals import FieldFault, FormCheck
from vinculo.onboarding.registering.registration_checks import (
    RegistrationRules,
    check_project,
    own_words,
    taken_birth_date,
    taken_consents,
    taken_document_type,
    taken_number,
    taken_password,
    taken_phone,
)
from vinculo.onboarding.registering.registration_form import (
    DEFAULT_PROJECT,
    Code,
    ConsentBody,
    IsoDate,
    Short,
)
from vinculo.values.contacts import email_address
from vinculo.values.names import person_name

NO_DATE = date.min


class RegistrationDraft(BaseModel):
    """The fields of a registration, each with its own shape, none of them required."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    project: Code = DEFAULT_PROJECT
    channel: Channel = Channel.WEB
    locale: Locale = Locale.SPANISH
    country: Code = "CO"
    document_type: Code = ""
    document_number: Short = ""
    given_names: Short = ""
    surnames: Short = ""
    birth_date: IsoDate = NO_DATE
    email: Short = ""
    phone: Short = ""
    password: Annotated[str, Field(max_length=1024, repr=False)] = ""
    consents: Annotated[tuple[ConsentBody, ...], Field(max_length=10)] = ()


class DraftBody(dict[str, Any]):
    """Any object; described as a draft. A field of a wrong shape is one of the faults told of."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> CoreSchema:
        return core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema())

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(RegistrationDraft.__pydantic_core_schema__)


def read_draft(body: dict[str, Any]) -> tuple[RegistrationDraft, Sequence[Any]]:
    """The fields of the right shape, and pydantic's errors of the others."""
    try:
        return RegistrationDraft.model_validate(body), ()
    except ValidationError as invalid:
        errors = invalid.errors()
    misshapen = {error["loc"][0] for error in errors}
    rest = {name: value for name, value in body.items() if name not in misshapen}
    return RegistrationDraft.model_validate(rest), errors


def draft_faults(
    draft: RegistrationDraft, rules: RegistrationRules, today: date
) -> tuple[FieldFault, ...]:
    """What registering would refuse of the fields that are there. Not for the event loop."""
    form = FormCheck()
    there = draft.model_fields_set
    check_project(form, draft.project, rules)
    person = PersonDetails(
        document_number=_number(form, draft, rules),
        given_names=_name(form, draft, "given_names"),
        surnames=_name(form, draft, "surnames"),
        birth_date=draft.birth_date
        if "birth_date" not in there
        else taken_birth_date(form, draft.birth_date, draft.project, rules, today),
        email=draft.email
        if "email" not in there
        else form.take("email", draft.email, email_address),
        phone=draft.phone
        if "phone" not in there
        else taken_phone(form, draft.phone, draft.country),
    )
    if "password" in there:
        taken_password(form, draft.password, own_words(person))
    if "consents" in there:
        taken_consents(form, draft.consents, draft.locale, rules.consents)
    return form.faults


def _number(form: FormCheck, draft: RegistrationDraft, rules: RegistrationRules) -> str:
    """A number is looked at once its type is known, the country once it is given."""
    if "document_type" not in draft.model_fields_set:
        if "country" in draft.model_fields_set and not rules.documents.of_country(
            draft.country.upper()
        ):
            form.refuse("country", "country_unsupported")
        return draft.document_number
    document = taken_document_type(form, draft.country, draft.document_type, rules)
    if "document_number" not in draft.model_fields_set:
        return draft.document_number
    return taken_number(form, document, draft.document_number)


def _name(form: FormCheck, draft: RegistrationDraft, name: str) -> str:
    raw: str = getattr(draft, name)
    return form.take(name, raw, person_name) if name in draft.model_fields_set else raw
