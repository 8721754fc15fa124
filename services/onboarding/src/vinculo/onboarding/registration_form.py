"""Step one as it is sent, and made into what can be registered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from vinculo.onboarding.consents.catalogue import REQUIRED, ConsentCatalogue
from vinculo.onboarding.domain.application_commands import (
    Consent,
)
from vinculo.onboarding.domain.step_events import (
    Channel,
    ConsentPurpose,
    Locale,
    PersonDetails,
)
from vinculo.onboarding.fields.birth_dates import adult_birth_date
from vinculo.onboarding.fields.contacts import email_address, mobile_number
from vinculo.onboarding.fields.identity_documents import (
    DocumentType,
    Identity,
    document_number,
    document_type,
    identity_of,
)
from vinculo.onboarding.fields.password_strength import strong_password
from vinculo.onboarding.fields.refusals import FieldRefused, FormCheck
from vinculo.onboarding.fields.texts import person_name

DEFAULT_PROJECT: Final = "default"
BRAND: Final = "vinculo"

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRules:
    """What is allowed beside the fields' own rules: it differs by installation."""

    projects: Collection[str]
    consents: ConsentCatalogue


def checked_registration(
    body: RegistrationBody, rules: RegistrationRules, today: date
) -> Registration:
    """Raises FormRefused with every fault. Takes milliseconds: not for the event loop."""
    form = FormCheck()
    if body.project not in rules.projects:
        form.refuse("project", "project_unknown")
    document, number = _document(form, body)
    region = body.country.upper()
    person = PersonDetails(
        document_number=number,
        given_names=form.take("given_names", body.given_names, person_name),
        surnames=form.take("surnames", body.surnames, person_name),
        birth_date=form.take("birth_date", body.birth_date, partial(adult_birth_date, today=today)),
        email=form.take("email", body.email, email_address),
        phone=_phone(form, body.phone, region),
    )
    password = form.take(
        "password", body.password, partial(strong_password, own_words=_own_words(person))
    )
    consents = _consents(form, body, rules.consents)
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


def _document(form: FormCheck, body: RegistrationBody) -> tuple[DocumentType | None, str]:
    try:
        document = document_type(body.country.upper(), body.document_type.upper())
    except FieldRefused as refused:
        field = "country" if refused.code == "country_unsupported" else "document_type"
        form.refuse(field, refused.code)
        return None, body.document_number
    check = partial(document_number, document=document)
    return document, form.take("document_number", body.document_number, check)


def _phone(form: FormCheck, raw: str, region: str) -> str:
    """Nothing is said of a number that would have been dialled in a country refused already."""
    if "country" in form.refused_fields:
        return raw
    return form.take("phone", raw, partial(mobile_number, country=region))


def _consents(
    form: FormCheck, body: RegistrationBody, catalogue: ConsentCatalogue
) -> tuple[Consent, ...]:
    given: dict[ConsentPurpose, Consent] = {}
    for index, consent in enumerate(body.consents):
        text = catalogue.find(consent.purpose, consent.text_version, body.locale)
        if consent.purpose in given:
            form.refuse(f"consents.{index}.purpose", "consent_repeated")
        if text is None:
            form.refuse(f"consents.{index}.text_version", "consent_text_unknown")
            continue
        given[consent.purpose] = Consent(
            purpose=text.purpose, text_version=text.version, text_sha256=text.sha256
        )
    if not {consent.purpose for consent in body.consents} >= REQUIRED:
        form.refuse("consents", "consent_required")
    return tuple(given.values())


def _own_words(person: PersonDetails) -> list[str]:
    local, _, domain = person.email.partition("@")
    return [
        BRAND,
        person.document_number,
        person.given_names,
        person.surnames,
        local,
        domain,
        person.phone.removeprefix("+57"),
        person.birth_date.isoformat(),
        person.birth_date.strftime("%d%m%Y"),
    ]
