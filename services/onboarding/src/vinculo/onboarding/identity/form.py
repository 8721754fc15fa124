"""A correction of the identity as it is sent: what is left out stays as it is."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vinculo.onboarding.domain.identity_correction import IdentityDetails
from vinculo.onboarding.fields.refusals import FormCheck
from vinculo.onboarding.own.person import OwnPerson
from vinculo.onboarding.registering.registration_checks import (
    RegistrationRules,
    taken_birth_date,
    taken_document_type,
    taken_number,
)
from vinculo.onboarding.registering.registration_form import Code, IsoDate, Short
from vinculo.values.identity_documents import Identity, identity_of
from vinculo.values.invalid_value import InvalidValue
from vinculo.values.names import person_name


class PersonalDetailsBody(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    password: Annotated[str, Field(max_length=1024, repr=False)]
    country: Code | None = None
    document_type: Code | None = None
    document_number: Short | None = None
    given_names: Short | None = None
    surnames: Short | None = None
    birth_date: IsoDate | None = None


def checked_identity(
    body: PersonalDetailsBody,
    current: OwnPerson,
    *,
    project: str,
    rules: RegistrationRules,
    today: date,
) -> OwnPerson:
    """The identity as it would be, by the rules of registering. Raises FormRefused."""
    form = FormCheck()
    country, document_type, number = _document(form, body, current, rules)
    born: date = current.birth_date
    if body.birth_date is not None:
        born = taken_birth_date(form, body.birth_date, project, rules, today)
    person = OwnPerson(
        country=country,
        document_type=document_type,
        document_number=number,
        given_names=_name(form, "given_names", body.given_names, current.given_names),
        surnames=_name(form, "surnames", body.surnames, current.surnames),
        birth_date=born,
    )
    form.finish()
    return person


def identity_of_person(person: OwnPerson, rules: RegistrationRules) -> Identity:
    """By the catalogue; of a type that is no longer in it, by its own name."""
    try:
        document = rules.documents.find(person.country, person.document_type)
    except InvalidValue:
        return Identity(
            country=person.country, kind=person.document_type, number=person.document_number
        )
    return identity_of(document, person.document_number)


def details_of(person: OwnPerson) -> IdentityDetails:
    return IdentityDetails(
        document_number=person.document_number,
        given_names=person.given_names,
        surnames=person.surnames,
        birth_date=person.birth_date,
    )


def _document(
    form: FormCheck, body: PersonalDetailsBody, current: OwnPerson, rules: RegistrationRules
) -> tuple[str, str, str]:
    """Of another type the number is given anew: one may pass for the other's by accident."""
    if body.country is None and body.document_type is None and body.document_number is None:
        return current.country, current.document_type, current.document_number
    document = taken_document_type(
        form,
        body.country or current.country,
        body.document_type or current.document_type,
        rules,
    )
    if document is None:
        return current.country, current.document_type, current.document_number
    if body.document_number is None:
        if (document.country, document.code) != (current.country, current.document_type):
            form.refuse("document_number", "document_number_missing")
        return document.country, document.code, current.document_number
    return document.country, document.code, taken_number(form, document, body.document_number)


def _name(form: FormCheck, field: str, given: str | None, current: str) -> str:
    return current if given is None else form.take(field, given, person_name)
