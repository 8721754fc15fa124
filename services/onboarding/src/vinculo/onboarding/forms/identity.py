"""A correction of the identity: fields that are left out stay as they are."""

from dataclasses import dataclass
from datetime import date

from vinculo.onboarding.domain.identity_correction import IdentityDetails
from vinculo.onboarding.forms.fields import Code, FormBody, Password, ShortText
from vinculo.onboarding.forms.registration import (
    RegistrationRules,
    validate_birth_date,
    validate_document_number,
    validate_document_type,
    validate_surnames,
)
from vinculo.onboarding.forms.validation import FormValidator
from vinculo.values.dates import IsoDate
from vinculo.values.identity_documents import Identity, identity_of
from vinculo.values.invalid_value import InvalidValue
from vinculo.values.names import person_name


class PersonalDetailsBody(FormBody):
    """What is to be corrected. `single_name` removes the surnames."""

    password: Password
    country: Code | None = None
    document_type: Code | None = None
    document_number: ShortText | None = None
    given_names: ShortText | None = None
    surnames: ShortText | None = None
    single_name: bool = False
    birth_date: IsoDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonIdentity:
    """A person's identity: the document, the names and the birth date."""

    country: str
    document_type: str
    document_number: str
    given_names: str
    surnames: str
    birth_date: date


def validate_identity(
    body: PersonalDetailsBody,
    current: PersonIdentity,
    *,
    project: str,
    rules: RegistrationRules,
    today: date,
) -> PersonIdentity:
    """The corrected identity, by the rules of registration.

    Raises:
        InvalidForm: with every error.

    """
    form = FormValidator()
    country, document_type, number = _validate_document(form, body, current, rules, project)
    birth_date = current.birth_date
    if body.birth_date is not None:
        birth_date = validate_birth_date(form, body.birth_date, project, rules, today)
    identity = PersonIdentity(
        country=country,
        document_type=document_type,
        document_number=number,
        given_names=_validate_name(form, "given_names", body.given_names, current.given_names),
        surnames=_validate_surnames(form, body, current),
        birth_date=birth_date,
    )
    form.raise_if_invalid()
    return identity


def document_identity(person: PersonIdentity, rules: RegistrationRules) -> Identity:
    """What the document identifies; a type that left the catalogue identifies by its own code."""
    try:
        document = rules.documents.find(person.country, person.document_type)
    except InvalidValue:
        return Identity(
            country=person.country, kind=person.document_type, number=person.document_number
        )
    return identity_of(document, person.document_number)


def identity_details(person: PersonIdentity) -> IdentityDetails:
    return IdentityDetails(
        document_number=person.document_number,
        given_names=person.given_names,
        surnames=person.surnames,
        birth_date=person.birth_date,
    )


def _validate_document(
    form: FormValidator,
    body: PersonalDetailsBody,
    current: PersonIdentity,
    rules: RegistrationRules,
    project: str,
) -> tuple[str, str, str]:
    """Country, type and number. Another type needs its number, which could fit by accident."""
    if body.country is None and body.document_type is None and body.document_number is None:
        return current.country, current.document_type, current.document_number
    document = validate_document_type(
        form,
        body.country or current.country,
        body.document_type or current.document_type,
        rules,
        project,
    )
    if document is None:
        return current.country, current.document_type, current.document_number
    if body.document_number is None:
        if (document.country, document.code) != (current.country, current.document_type):
            form.add_error("document_number", "document_number_missing")
        return document.country, document.code, current.document_number
    return (
        document.country,
        document.code,
        validate_document_number(form, document, body.document_number),
    )


def _validate_surnames(
    form: FormValidator, body: PersonalDetailsBody, current: PersonIdentity
) -> str:
    if body.surnames is None and not body.single_name:
        return current.surnames
    return validate_surnames(form, body.surnames, single_name=body.single_name)


def _validate_name(form: FormValidator, field: str, given: str | None, current: str) -> str:
    return current if given is None else form.validate(field, given, person_name)
