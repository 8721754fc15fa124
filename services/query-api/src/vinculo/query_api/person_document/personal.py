"""The section `personal`: all decrypted personal data, its list columns and search tokens included.

It is one sub-document, so that an erasure removes it in one write.
"""

from datetime import datetime
from typing import Any, Final

from vinculo.contracts import Facts
from vinculo.contracts.onboarding import (
    ApplicationStarted,
    Contact,
    ContactChanged,
    ContactKind,
    ContactReplaced,
    EmailCorrected,
    EmploymentDeclared,
    EmploymentDetails,
    IdentityCorrected,
    IdentityCorrectionRefused,
    IdentityCorrectionRequested,
    IdentityDetails,
    PersonDetails,
)
from vinculo.events import Erased
from vinculo.query_api.person_document.schema import (
    Identity,
    Person,
    PersonalEmployment,
    PersonalSection,
)
from vinculo.query_api.person_document.search_tokens import email_key, normalize, search_tokens

DecryptedPart = dict[str, Any] | Erased | None

_NEEDED_FOR_COLUMNS: Final = frozenset(
    {"given_names", "surnames", "document_number", "birth_date", "email", "phone"}
)
"""Known from the registration on; the list columns are made of these."""

_DISPLAYED_EVENTS: Final = frozenset(
    {
        ApplicationStarted,
        EmploymentDeclared,
        EmailCorrected,
        ContactChanged,
        IdentityCorrectionRequested,
        IdentityCorrected,
    }
)


def has_displayed_personal_data(event: Facts | None) -> bool:
    """Whether the event's personal part is stored in the document; others stay encrypted."""
    return type(event) in _DISPLAYED_EVENTS


def fold_personal(document: Person, event: Facts, decrypted: DecryptedPart) -> None:
    """Store the event's personal part; nothing is stored of an erased person.

    Raises:
        pydantic.ValidationError: the decrypted part is not what the event's type promises; nothing
            was changed.

    """
    if document.get("erased_at") is not None:
        return
    known = _personal_fields(event, decrypted) if isinstance(decrypted, dict) else {}
    if known:
        personal = document.setdefault("personal", {})
        personal.update(known)
        if personal.keys() >= _NEEDED_FOR_COLUMNS:
            personal.update(_columns(personal))
    if isinstance(event, IdentityCorrected | IdentityCorrectionRefused):
        document.get("personal", {}).pop("identity_correction", None)


def _personal_fields(event: Facts, decrypted: dict[str, Any]) -> PersonalSection:
    """The fields of `personal` that the event sets."""
    match event:
        case ApplicationStarted():
            person = PersonDetails.model_validate(decrypted)
            fields = _identity_fields(person)
            fields["email"] = person.email
            fields["phone"] = person.phone
            return fields
        case EmploymentDeclared():
            return {"employment": _employment(EmploymentDetails.model_validate(decrypted))}
        case EmailCorrected():
            return {"email": Contact.model_validate(decrypted).contact}
        case ContactChanged(kind=ContactKind.EMAIL.value):
            return {"email": ContactReplaced.model_validate(decrypted).contact}
        case ContactChanged(kind=ContactKind.PHONE.value):
            return {"phone": ContactReplaced.model_validate(decrypted).contact}
        case IdentityCorrectionRequested():
            return {"identity_correction": _identity(IdentityDetails.model_validate(decrypted))}
        case IdentityCorrected():
            return _identity_fields(IdentityDetails.model_validate(decrypted))
        case _:
            return {}


def erase(document: Person, erased_at: datetime) -> None:
    document["erased_at"] = erased_at
    document.pop("personal", None)


def _identity(person: PersonDetails | IdentityDetails) -> Identity:
    return {
        "given_names": person.given_names,
        "surnames": person.surnames,
        "document_number": person.document_number,
        "birth_date": person.birth_date.isoformat(),
    }


def _identity_fields(person: PersonDetails | IdentityDetails) -> PersonalSection:
    identity = _identity(person)
    return {
        "given_names": identity["given_names"],
        "surnames": identity["surnames"],
        "document_number": identity["document_number"],
        "birth_date": identity["birth_date"],
    }


def _columns(known: PersonalSection) -> PersonalSection:
    """List columns and search tokens, made of everything that is known now."""
    name = f"{known['given_names']} {known['surnames']}"
    return {
        "name": name,
        "name_key": normalize(name),
        "email_key": email_key(known["email"]),
        "tokens": search_tokens(
            given_names=known["given_names"],
            surnames=known["surnames"],
            email=known["email"],
            document_number=known["document_number"],
            phone=known["phone"],
        ),
    }


def _employment(employment: EmploymentDetails) -> PersonalEmployment:
    return {
        "position": employment.position,
        "net_monthly_salary_cents": employment.net_monthly_salary_cents,
        "deductions": [
            {"concept": deduction.concept, "amount_cents": deduction.amount_cents}
            for deduction in employment.deductions
        ],
        "payer_contact": {
            "name": employment.payer_contact.name,
            "phone": employment.payer_contact.phone,
            "email": employment.payer_contact.email,
        },
        "indicative_capacity_cents": employment.indicative_capacity_cents,
    }
