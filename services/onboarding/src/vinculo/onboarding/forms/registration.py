"""Step one: the registration form, its draft while it is filled in, and the rules of its fields."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Annotated, Any, Final

from pydantic import Field

from vinculo.onboarding.domain.account import Channel, ConsentPurpose
from vinculo.onboarding.domain.submission import Consent, PersonDetails, Submission
from vinculo.onboarding.forms.consent_texts import REQUIRED_PURPOSES, ConsentCatalogue
from vinculo.onboarding.forms.drafts import DraftBody, read_draft
from vinculo.onboarding.forms.fields import (
    DEFAULT_COUNTRY,
    Code,
    FormBody,
    Locale,
    Password,
    ShortText,
)
from vinculo.onboarding.forms.password_strength import PasswordRules
from vinculo.onboarding.forms.validation import FieldError, FormValidator, InvalidForm
from vinculo.translation import DEFAULT_LANGUAGE
from vinculo.values.birth_dates import ADULTS, AgeLimits, adult_birth_date
from vinculo.values.contacts import email_address, mobile_number
from vinculo.values.dates import IsoDate
from vinculo.values.identity_documents import (
    DocumentCatalogue,
    DocumentType,
    Identity,
    document_number,
    identity_of,
)
from vinculo.values.invalid_value import InvalidValue
from vinculo.values.names import person_name

DEFAULT_PROJECT: Final = "default"


class ConsentBody(FormBody):
    purpose: ConsentPurpose
    text_version: Code


class RegistrationBody(FormBody):
    """The limits here only bound what is read; the rules of the fields come after.

    Who has one name only gives it in `given_names`, with `single_name` in place of `surnames`.
    """

    project: Code = DEFAULT_PROJECT
    channel: Channel
    locale: Locale
    country: Code = DEFAULT_COUNTRY
    document_type: Code
    document_number: ShortText
    given_names: ShortText
    surnames: ShortText | None = None
    single_name: bool = False
    birth_date: IsoDate
    email: ShortText
    phone: ShortText
    password: Password
    consents: Annotated[tuple[ConsentBody, ...], Field(max_length=10)]


class ActivationDetailsBody(FormBody):
    """What is confirmed or corrected by someone who activates an account without its password."""

    given_names: ShortText
    surnames: ShortText | None = None
    single_name: bool = False
    birth_date: IsoDate
    phone: ShortText
    consents: Annotated[tuple[ConsentBody, ...], Field(max_length=10)]


class RegistrationDraft(FormBody):
    """The fields of a registration, none of them required."""

    project: Code = DEFAULT_PROJECT
    channel: Channel = Channel.WEB
    locale: Locale = DEFAULT_LANGUAGE
    country: Code = DEFAULT_COUNTRY
    document_type: Code = ""
    document_number: ShortText = ""
    given_names: ShortText = ""
    surnames: ShortText | None = None
    single_name: bool = False
    birth_date: IsoDate = date.min
    email: ShortText = ""
    phone: ShortText = ""
    password: Password = ""
    consents: Annotated[tuple[ConsentBody, ...], Field(max_length=10)] = ()


class RegistrationDraftBody(DraftBody):
    model = RegistrationDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRules:
    """Rules that differ by installation.

    `ages` are limits by project. `smtputf8` tells whether the mail server takes letters other than
    ASCII before the `@`.
    """

    projects: Collection[str]
    consents: ConsentCatalogue
    documents: DocumentCatalogue
    ages: Mapping[str, AgeLimits] = field(default_factory=dict)
    smtputf8: bool = False
    passwords: PasswordRules = field(default_factory=PasswordRules)

    def allows_minors(self, project: str | None) -> bool:
        """Whether the project has applicants below the age of majority, or any if it is None."""
        limits = (
            [self.ages.get(each, ADULTS) for each in self.projects]
            if project is None
            else [self.ages.get(project, ADULTS)]
        )
        return any(each.min_years < ADULTS.min_years for each in limits)

    def offered_documents(self) -> list[DocumentType]:
        """The document types that people of any project can register with."""
        minors = self.allows_minors(None)
        return [each for each in self.documents.types if minors or not each.for_minors]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    project: str
    channel: Channel
    locale: str
    country: str
    document_type: str
    identity: Identity
    person: PersonDetails
    password: str
    consents: tuple[Consent, ...]


def validate_registration(
    body: RegistrationBody, rules: RegistrationRules, today: date
) -> Registration:
    """The valid registration. Computes for milliseconds: do not call it on the event loop.

    Raises:
        InvalidForm: with every error.

    """
    form = FormValidator()
    validate_project(form, body.project, rules)
    document = validate_document_type(form, body.country, body.document_type, rules, body.project)
    person = PersonDetails(
        document_number=validate_document_number(form, document, body.document_number),
        given_names=form.validate("given_names", body.given_names, person_name),
        surnames=validate_surnames(form, body.surnames, single_name=body.single_name),
        birth_date=validate_birth_date(form, body.birth_date, body.project, rules, today),
        email=validate_email(form, body.email, rules),
        phone=validate_phone(form, body.phone, body.country),
    )
    password = validate_password(form, body.password, own_words(person), rules.passwords)
    consents = validate_consents(form, body.consents, body.locale, rules.consents)
    form.raise_if_invalid()
    if document is None:
        raise AssertionError("a form without a document type passed validation")
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


def validate_activation(
    body: ActivationDetailsBody,
    password: str,
    submission: Submission,
    submitted: PersonDetails,
    *,
    rules: RegistrationRules,
    today: date,
) -> tuple[PersonDetails, tuple[Consent, ...]]:
    """The details and consents with which a submission is activated by a new password.

    Document and address are those of the submission. Computes for milliseconds: do not call it on
    the event loop.

    Raises:
        InvalidForm: with every error, as `details.<field>` or `new_password`.

    """
    form = FormValidator()
    person = replace(
        submitted,
        given_names=form.validate("given_names", body.given_names, person_name),
        surnames=validate_surnames(form, body.surnames, single_name=body.single_name),
        birth_date=validate_birth_date(form, body.birth_date, submission.project, rules, today),
        phone=validate_phone(form, body.phone, submission.country),
    )
    consents = validate_consents(form, body.consents, submission.locale, rules.consents)
    errors = tuple(replace(error, field=f"details.{error.field}") for error in form.errors)
    new_password = FormValidator()
    validate_password(new_password, password, own_words(person), rules.passwords, "new_password")
    if errors or new_password.errors:
        raise InvalidForm((*errors, *new_password.errors))
    return person, consents


def read_registration_draft(body: Mapping[str, Any]) -> tuple[RegistrationDraft, Sequence[Any]]:
    """The draft of the well-formed fields, and pydantic's errors of the malformed ones."""
    return read_draft(RegistrationDraft, body)


def registration_draft_errors(
    draft: RegistrationDraft, rules: RegistrationRules, today: date
) -> tuple[FieldError, ...]:
    """The errors of the given fields, as in a registration. Do not call it on the event loop."""
    form = FormValidator(live=True)
    given = draft.model_fields_set
    validate_project(form, draft.project, rules)
    number = _validate_draft_document(form, draft, rules)
    given_names, surnames = draft.given_names, draft.surnames or ""
    if "given_names" in given:
        given_names = form.validate("given_names", given_names, person_name)
    if "surnames" in given:
        surnames = validate_surnames(form, draft.surnames, single_name=draft.single_name)
    birth_date, email, phone = draft.birth_date, draft.email, draft.phone
    if "birth_date" in given:
        birth_date = validate_birth_date(form, birth_date, draft.project, rules, today)
    if "email" in given:
        email = validate_email(form, email, rules)
    if "phone" in given:
        phone = validate_phone(form, phone, draft.country)
    if "password" in given:
        person = PersonDetails(
            document_number=number,
            given_names=given_names,
            surnames=surnames,
            birth_date=birth_date,
            email=email,
            phone=phone,
        )
        validate_password(form, draft.password, own_words(person), rules.passwords)
    if "consents" in given:
        validate_consents(form, draft.consents, draft.locale, rules.consents)
    return form.errors


def _validate_draft_document(
    form: FormValidator, draft: RegistrationDraft, rules: RegistrationRules
) -> str:
    """The number is validated once its type is given, the country once it is given."""
    given = draft.model_fields_set
    if "document_type" not in given:
        if "country" in given and not rules.documents.of_country(draft.country.upper()):
            form.add_error("country", "country_unsupported")
        return draft.document_number
    document = validate_document_type(
        form, draft.country, draft.document_type, rules, draft.project
    )
    if "document_number" not in given:
        return draft.document_number
    return validate_document_number(form, document, draft.document_number)


def validate_project(form: FormValidator, project: str, rules: RegistrationRules) -> None:
    if project not in rules.projects:
        form.add_error("project", "project_unknown")


def validate_document_type(
    form: FormValidator,
    country: str,
    code: str,
    rules: RegistrationRules,
    project: str | None = None,
) -> DocumentType | None:
    """None if the country or the type is not accepted, which is then an error of the form.

    A type that only minors have is accepted if the project, or any project if it is None, allows
    them.
    """
    try:
        document = rules.documents.find(country.upper(), code.upper())
    except InvalidValue as invalid:
        name = "country" if invalid.code == "country_unsupported" else "document_type"
        form.add_error(name, invalid.code)
        return None
    if document.for_minors and not rules.allows_minors(project):
        form.add_error("document_type", "document_type_for_minors")
        return None
    return document


def validate_surnames(form: FormValidator, raw: str | None, *, single_name: bool) -> str:
    """The surnames; empty for a person with one name only."""
    if single_name:
        if raw:
            form.add_error("surnames", "single_name_has_surnames")
        return ""
    if raw is None:
        form.add_error("surnames", "required")
        return ""
    return form.validate("surnames", raw, person_name)


def validate_email(
    form: FormValidator, raw: str, rules: RegistrationRules, name: str = "email"
) -> str:
    return form.validate(name, raw, partial(email_address, smtputf8=rules.smtputf8))


def validate_optional_email(
    form: FormValidator, raw: str | None, rules: RegistrationRules
) -> str | None:
    return None if raw is None else validate_email(form, raw, rules)


def validate_document_number(form: FormValidator, document: DocumentType | None, raw: str) -> str:
    """Adds no second error when the type is invalid already."""
    if document is None:
        return raw
    return form.validate("document_number", raw, partial(document_number, document=document))


def validate_birth_date(
    form: FormValidator, birth_date: date, project: str, rules: RegistrationRules, today: date
) -> date:
    limits = rules.ages.get(project, ADULTS)
    rule = partial(adult_birth_date, today=today, limits=limits)
    return form.validate("birth_date", birth_date, rule)


def validate_phone(form: FormValidator, raw: str, country: str) -> str:
    """Adds no second error when the country, whose numbering applies, is invalid already."""
    if "country" in form.invalid_fields:
        return raw
    return form.validate("phone", raw, partial(mobile_number, country=country.upper()))


def validate_password(
    form: FormValidator,
    raw: str,
    own_words: Sequence[str],
    rules: PasswordRules,
    name: str = "password",
) -> str:
    return form.validate(name, raw, partial(rules.strong_password, own_words=own_words))


def validate_consents(
    form: FormValidator,
    chosen: Sequence[ConsentBody],
    locale: str,
    catalogue: ConsentCatalogue,
) -> tuple[Consent, ...]:
    given: dict[ConsentPurpose, Consent] = {}
    for index, consent in enumerate(chosen):
        text = catalogue.find(consent.purpose, consent.text_version, locale)
        if consent.purpose in given:
            form.add_error(f"consents.{index}.purpose", "consent_repeated")
        if text is None:
            form.add_error(f"consents.{index}.text_version", "consent_text_unknown")
            continue
        given[consent.purpose] = Consent(
            purpose=text.purpose, text_version=text.version, text_sha256=text.sha256
        )
    if not {consent.purpose for consent in chosen} >= REQUIRED_PURPOSES:
        form.add_error("consents", "consent_required")
    return tuple(given.values())


def own_words(person: PersonDetails) -> list[str]:
    """The person's own data, of which a password must not be made."""
    local, _, domain = person.email.partition("@")
    return [
        person.document_number,
        person.given_names,
        person.surnames,
        local,
        domain,
        person.phone.removeprefix("+57"),
        person.birth_date.isoformat(),
        person.birth_date.strftime("%d%m%Y"),
    ]
