"""The rules of step one's fields. Registering and the live check both go by them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final, Protocol

from vinculo.onboarding.consents.catalogue import REQUIRED, ConsentCatalogue
from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.domain.application import Locale, PersonDetails
from vinculo.onboarding.domain.application_decisions import Consent
from vinculo.onboarding.fields.password_strength import strong_password
from vinculo.onboarding.fields.refusals import FormCheck
from vinculo.values.birth_dates import ADULTS, AgeLimits, adult_birth_date
from vinculo.values.contacts import mobile_number
from vinculo.values.identity_documents import DocumentCatalogue, DocumentType, document_number
from vinculo.values.invalid_value import InvalidValue

BRAND: Final = "vinculo"


class ConsentChosen(Protocol):
    @property
    def purpose(self) -> ConsentPurpose: ...
    @property
    def text_version(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRules:
    """What is allowed beside the fields' own rules: it differs by installation."""

    projects: Collection[str]
    consents: ConsentCatalogue
    documents: DocumentCatalogue
    ages: Mapping[str, AgeLimits] = field(default_factory=dict)


def check_project(form: FormCheck, project: str, rules: RegistrationRules) -> None:
    if project not in rules.projects:
        form.refuse("project", "project_unknown")


def taken_document_type(
    form: FormCheck, country: str, code: str, rules: RegistrationRules
) -> DocumentType | None:
    try:
        return rules.documents.find(country.upper(), code.upper())
    except InvalidValue as refused:
        named = "country" if refused.code == "country_unsupported" else "document_type"
        form.refuse(named, refused.code)
        return None


def taken_number(form: FormCheck, document: DocumentType | None, raw: str) -> str:
    """Nothing is said of a number whose type is refused already."""
    if document is None:
        return raw
    return form.take("document_number", raw, partial(document_number, document=document))


def taken_birth_date(
    form: FormCheck, born: date, project: str, rules: RegistrationRules, today: date
) -> date:
    limits = rules.ages.get(project, ADULTS)
    return form.take("birth_date", born, partial(adult_birth_date, today=today, limits=limits))


def taken_phone(form: FormCheck, raw: str, country: str) -> str:
    """Nothing is said of a number that would have been dialled in a country refused already."""
    if "country" in form.refused_fields:
        return raw
    return form.take("phone", raw, partial(mobile_number, country=country.upper()))


def taken_password(form: FormCheck, raw: str, own_words: Sequence[str]) -> str:
    return form.take("password", raw, partial(strong_password, own_words=own_words))


def taken_consents(
    form: FormCheck, chosen: Sequence[ConsentChosen], locale: Locale, catalogue: ConsentCatalogue
) -> tuple[Consent, ...]:
    given: dict[ConsentPurpose, Consent] = {}
    for index, consent in enumerate(chosen):
        text = catalogue.find(consent.purpose, consent.text_version, locale)
        if consent.purpose in given:
            form.refuse(f"consents.{index}.purpose", "consent_repeated")
        if text is None:
            form.refuse(f"consents.{index}.text_version", "consent_text_unknown")
            continue
        given[consent.purpose] = Consent(
            purpose=text.purpose, text_version=text.version, text_sha256=text.sha256
        )
    if not {consent.purpose for consent in chosen} >= REQUIRED:
        form.refuse("consents", "consent_required")
    return tuple(given.values())


def own_words(person: PersonDetails) -> list[str]:
    """What a password of this person must not be made of."""
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
