"""Step one as it is sent, and made into what can be registered."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from vinculo.onboarding.domain.account import Channel, ConsentPurpose
from vinculo.onboarding.domain.application import Locale, PersonDetails
from vinculo.onboarding.domain.application_decisions import Consent
from vinculo.onboarding.fields.refusals import FormCheck
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
from vinculo.values.contacts import email_address
from vinculo.values.identity_documents import Identity, identity_of
from vinculo.values.names import person_name

DEFAULT_PROJECT: Final = "default"

Short = Annotated[str, Field(max_length=320)]
Code = Annotated[str, Field(max_length=40)]


def _text(value: object) -> object:
    """A bare number is no date, though it could be read as seconds since 1970."""
    if not isinstance(value, str | date):
        raise PydanticCustomError("not_date", "not a date")
    return value


IsoDate = Annotated[date, BeforeValidator(_text)]


class ConsentBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    purpose: ConsentPurpose
    text_version: Code


class RegistrationBody(BaseModel):
    """The lengths here only bound what is looked at; the fields' own rules come after."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    project: Code = DEFAULT_PROJECT
    channel: Channel
    locale: Locale
    country: Code = "CO"
    document_type: Code
    document_number: Short
    given_names: Short
    surnames: Short
    birth_date: IsoDate
    email: Short
    phone: Short
    password: Annotated[str, Field(max_length=1024, repr=False)]
    consents: Annotated[tuple[ConsentBody, ...], Field(max_length=10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    project: str
    channel: Channel
    locale: Locale
    country: str
    document_type: str
    identity: Identity
    person: PersonDetails
    password: str
    consents: tuple[Consent, ...]


def checked_registration(
    body: RegistrationBody, rules: RegistrationRules, today: date
) -> Registration:
    """Raises FormRefused with every fault. Takes milliseconds: not for the event loop."""
    form = FormCheck()
    check_project(form, body.project, rules)
    document = taken_document_type(form, body.country, body.document_type, rules)
    person = PersonDetails(
        document_number=taken_number(form, document, body.document_number),
        given_names=form.take("given_names", body.given_names, person_name),
        surnames=form.take("surnames", body.surnames, person_name),
        birth_date=taken_birth_date(form, body.birth_date, body.project, rules, today),
        email=form.take("email", body.email, email_address),
        phone=taken_phone(form, body.phone, body.country),
    )
    password = taken_password(form, body.password, own_words(person))
    consents = taken_consents(form, body.consents, body.locale, rules.consents)
    form.finish()
    if document is None:
        raise AssertionError("a form without a document type was finished")
    return Registration(
        project=body.project,
        channel=body.channel,
        locale=body.locale,
        country=document.country,
        document_type=document.code,
        identity=identity_of(document, person.document_number),
        person=person,
        password=password,
        consents=consents,
    )
