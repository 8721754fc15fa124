"""The document's part `personal`: everything plain and personal, list columns and tokens included.

Being one sub-document, it goes in one write when the person is erased, and never comes back.
"""

from datetime import datetime
from typing import Any

from vinculo.contracts import Facts
from vinculo.contracts.onboarding import (
    ApplicationStarted,
    EmploymentDeclared,
    EmploymentDetails,
    PersonDetails,
)
from vinculo.eventstore import Erased
from vinculo.query_api.mongo import Document
from vinculo.query_api.people.tokens import email_key, fold, tokens

Opened = dict[str, Any] | Erased | None


def is_shown(event: Facts | None) -> bool:
    """Whether the event's personal part goes into the document; all others stay sealed."""
    return isinstance(event, ApplicationStarted | EmploymentDeclared)


def fold_personal(document: Document, event: Facts, opened: Opened) -> None:
    """Keeps nothing of an erased person, whatever arrives late.

    Raises pydantic.ValidationError when what was sealed is not what the type promises.
    """
    if document.get("erased_at") is not None or not isinstance(opened, dict):
        return
    match event:
        case ApplicationStarted():
            known = _person(PersonDetails.model_validate(opened))
        case EmploymentDeclared():
            known = {"employment": _employment(EmploymentDetails.model_validate(opened))}
        case _:
            return
    document.setdefault("personal", {}).update(known)


def erase(document: Document, erased_at: datetime) -> None:
    document["erased_at"] = erased_at
    document.pop("personal", None)


def _person(person: PersonDetails) -> Document:
    name = f"{person.given_names} {person.surnames}"
    return {
        "given_names": person.given_names,
        "surnames": person.surnames,
        "name": name,
        "name_key": fold(name),
        "document_number": person.document_number,
        "birth_date": person.birth_date.isoformat(),
        "email": person.email,
        "email_key": email_key(person.email),
        "phone": person.phone,
        "tokens": tokens(
            given_names=person.given_names,
            surnames=person.surnames,
            email=person.email,
            document_number=person.document_number,
            phone=person.phone,
        ),
    }


def _employment(employment: EmploymentDetails) -> Document:
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
    }
