"""The section `personal`: all decrypted personal data, its list columns and search tokens included.

It is one sub-document, so that an erasure removes it in one write.
"""

from datetime import datetime
from functools import cache
from typing import Any, Final, cast

from typing_extensions import TypedDict

from vinculo.contracts import Envelope, Facts
from vinculo.contracts.onboarding import (
    ApplicationStarted,
    Contact,
    ContactChanged,
    ContactKind,
    ContactReplaced,
    EmailCorrected,
    EmailVerified,
    EmailVerifiedV2,
    EmploymentDeclared,
    EmploymentDetails,
    IdentityCorrected,
    IdentityCorrectionRefused,
    IdentityCorrectionRequested,
    IdentityDetails,
    PersonDetails,
    SubmissionDropped,
    SubmissionReceived,
)
from vinculo.events import Erased
from vinculo.query_api.person_document.schema import (
    Identity,
    Person,
    PersonalEmployment,
    PersonalSection,
    SubmittedDetails,
)
from vinculo.query_api.person_document.search_tokens import search_tokens
from vinculo.values.folding import letters_sort_key, sort_key

DecryptedPart = dict[str, Any] | Erased | None

_NEEDED_FOR_COLUMNS: Final = (
    "given_names",
    "surnames",
    "document_number",
    "birth_date",
    "email",
    "phone",
)
"""Known from the registration on; the list columns are made of these."""

_COLUMNS: Final = ("name", "name_key", "email_key", "tokens")

_NOTHING_KNOWN: Final[PersonalSection] = {
    "given_names": "",
    "surnames": "",
    "document_number": "",
    "birth_date": "",
    "email": "",
    "phone": "",
}

_SUBMISSION_EVENTS: Final = (
    ApplicationStarted,
    SubmissionReceived,
    SubmissionDropped,
    EmailCorrected,
    EmailVerified,
)

_DISPLAYED_EVENTS: Final = frozenset(
    {
        ApplicationStarted,
        SubmissionReceived,
        EmailVerifiedV2,
        EmploymentDeclared,
        EmailCorrected,
        ContactChanged,
        IdentityCorrectionRequested,
        IdentityCorrected,
    }
)

_PERSONAL_EVENTS: Final = _DISPLAYED_EVENTS | {
    SubmissionDropped,
    EmailVerified,
    IdentityCorrectionRefused,
}
"""All types that change the section."""


class StoredEnvelope(TypedDict):
    """An encrypted personal part, as `contracts.Envelope`."""

    v: int
    kid: str
    n: str
    ct: str


def encrypted_part(event: Facts | None) -> StoredEnvelope | None:
    """The event's personal part; None if it has none."""
    if event is None or not _may_have_personal_part(type(event)):
        return None
    envelope = event.personal  # type: ignore[attr-defined] # of these models only
    if not isinstance(envelope, Envelope):
        return None
    return {"v": envelope.v, "kid": envelope.kid, "n": envelope.n, "ct": envelope.ct}


@cache
def _may_have_personal_part(model: type[Facts]) -> bool:
    return "personal" in model.model_fields


def has_displayed_personal_data(event: Facts | None) -> bool:
    """Whether the event's personal part is stored in the document; others stay encrypted."""
    return type(event) in _DISPLAYED_EVENTS


def fold_personal(document: Person, event: Facts, decrypted: DecryptedPart) -> None:
    """Store the event's personal part; nothing is stored of an erased person.

    Raises:
        pydantic.ValidationError: the decrypted part is not what the event's type promises; nothing
            was changed.

    """
    if type(event) not in _PERSONAL_EVENTS or document.get("erased_at") is not None:
        return
    if isinstance(event, _SUBMISSION_EVENTS):
        _fold_submission(document, event, decrypted if isinstance(decrypted, dict) else None)
        return
    known = _personal_fields(event, decrypted) if isinstance(decrypted, dict) else {}
    if known:
        _update(document, known)
    if isinstance(event, IdentityCorrected | IdentityCorrectionRefused):
        document.get("personal", {}).pop("identity_correction", None)


def _update(document: Person, known: PersonalSection) -> None:
    personal = document.setdefault("personal", {})
    before = _needed_for_columns(personal)
    personal.update(known)
    needed = _needed_for_columns(personal)
    if needed != before and None not in needed:
        personal.update(_columns(personal))


def _needed_for_columns(personal: PersonalSection) -> list[object]:
    return [personal.get(name) for name in _NEEDED_FOR_COLUMNS]


def _with_columns_only(personal: PersonalSection) -> PersonalSection:
    """The columns and what they are made of, so that they are not made again of the same."""
    kept = {name: personal[name] for name in (*_NEEDED_FOR_COLUMNS, *_COLUMNS) if name in personal}
    return cast("PersonalSection", kept)


def _fold_submission(
    document: Person,
    event: ApplicationStarted
    | SubmissionReceived
    | SubmissionDropped
    | EmailCorrected
    | EmailVerified,
    decrypted: dict[str, Any] | None,
) -> None:
    """Show the newest submission that can be read, and once one is activated only that one.

    Further submissions after the activation are another human's: nothing is stored of them.
    """
    is_activated = "activated_at" in document.get("application", {})
    match event:
        case EmailVerifiedV2():
            details = None if decrypted is None else _details(decrypted)
            former = document.pop("personal", {})
            if details is not None:
                document["personal"] = _with_columns_only(former)
                _update(document, _shown(details))
        case EmailVerified():
            document.get("personal", {}).pop("submissions", None)
        case ApplicationStarted() | SubmissionReceived() if decrypted is not None:
            if not is_activated:
                _open_submission(document, _id_of(event), _details(decrypted))
        case SubmissionDropped():
            _drop_submission(document, str(event.submission_id))
        case EmailCorrected() if decrypted is not None:
            _correct_email(document, event, Contact.model_validate(decrypted).contact)
        case _:
            pass


def _id_of(event: ApplicationStarted | SubmissionReceived) -> str:
    if isinstance(event, ApplicationStarted):
        return str(event.registration_id)
    return str(event.submission_id)


def _open_submission(document: Person, submission_id: str, details: SubmittedDetails) -> None:
    personal = document.setdefault("personal", {})
    personal.setdefault("submissions", {})[submission_id] = details
    _update(document, _shown(details))


def _drop_submission(document: Person, submission_id: str) -> None:
    """Its key is destroyed, so nothing of it is left; the newest of the others is shown.

    Without another one the record stays listed, without name, number and contacts.
    """
    submissions = document.get("personal", {}).get("submissions", {})
    if submissions.pop(submission_id, None) is None:
        return
    document.pop("personal", None)
    if not submissions:
        _update(document, _NOTHING_KNOWN)
    for details in list(submissions.values())[-1:]:
        _update(document, {"submissions": submissions, **_shown(details)})


def _correct_email(document: Person, event: EmailCorrected, email: str) -> None:
    submissions = document.get("personal", {}).get("submissions", {})
    named = event.submission_id or document.get("application", {}).get("registration_id")
    corrected = submissions.get(str(named))
    if corrected is not None:
        corrected["email"] = email
    if not submissions or str(named) == list(submissions)[-1]:
        _update(document, {"email": email})


def _details(decrypted: dict[str, Any]) -> SubmittedDetails:
    person = PersonDetails.model_validate(decrypted)
    identity = _identity(person)
    return {
        "given_names": identity["given_names"],
        "surnames": identity["surnames"],
        "document_number": identity["document_number"],
        "birth_date": identity["birth_date"],
        "email": person.email,
        "phone": person.phone,
    }


def _shown(details: SubmittedDetails) -> PersonalSection:
    return {
        "given_names": details["given_names"],
        "surnames": details["surnames"],
        "document_number": details["document_number"],
        "birth_date": details["birth_date"],
        "email": details["email"],
        "phone": details["phone"],
    }


def _personal_fields(event: Facts, decrypted: dict[str, Any]) -> PersonalSection:
    """The fields of `personal` that the event sets."""
    match event:
        case EmploymentDeclared():
            return {"employment": _employment(EmploymentDetails.model_validate(decrypted))}
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
    name = f"{known['given_names']} {known['surnames']}".rstrip()
    return {
        "name": name,
        "name_key": sort_key(name),
        "email_key": letters_sort_key(known["email"].strip()),
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
