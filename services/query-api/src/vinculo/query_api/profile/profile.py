"""The profile that a person's document is shown as: credit overview and customer details."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, NotRequired, TypeAlias
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from vinculo.query_api.mongo import Collection
from vinculo.query_api.person_document.application import (
    counting_consent_ledger,
    counting_consents,
)
from vinculo.query_api.person_document.schema import (
    NO_ID,
    Consent,
    ConsentChange,
    DeclaredEmployment,
    Deduction,
    DossierFile,
    DossierState,
    EvaluatedRequirement,
    KindCode,
    PayerContact,
    Person,
    RegistrySection,
    RequestedCorrection,
    RequiredDocument,
)
from vinculo.query_api.profile.credit import (
    CreditOverview,
    RefinancedLoan,
    credit_overview,
    loans_of,
    refinanced,
)
from vinculo.query_api.read_model import Payer, PayerState, surviving_payers

PAYER_FIELDS: Final = ("name", "state", "suspended_reason_code", "refused_reason_code")

Payers: TypeAlias = Mapping[UUID, Payer]


class ShownPerson(TypedDict):
    """Who the person is and how to reach them."""

    name: Annotated[str, Field(description="Given names and surnames.")]
    given_names: Annotated[str, Field(description="Given names as on the document.")]
    surnames: Annotated[
        str, Field(description="Surnames as on the document; empty with one name only.")
    ]
    document_number: Annotated[str, Field(description="Number of the identity document.")]
    birth_date: Annotated[str, Field(description="ISO 8601 date.")]
    email: Annotated[str, Field(description="E-mail address.")]
    phone: Annotated[str, Field(description="Phone number in E.164.")]
    country: Annotated[str, Field(description="ISO 3166 code of the identity document.")]
    document_type: Annotated[str, Field(description="Code of the document type.")]
    locale: Annotated[str, Field(description="Language of messages to the person.")]
    channel: Annotated[str, Field(description="Where the person registered: web or mobile.")]
    email_verified_at: Annotated[
        datetime | None, Field(description="Since when the e-mail address is verified.")
    ]
    phone_verified_at: Annotated[
        datetime | None, Field(description="Since when the phone number is verified.")
    ]
    document_disputed_at: Annotated[
        datetime | None,
        Field(description="Since when another person claims the document, until it is dismissed."),
    ]


class ShownEmployment(DeclaredEmployment):
    """The declared employment; amounts are shown with the permission to see salaries only.

    The payer is that of today, also in a past profile; null for an unknown one.
    """

    payer: Annotated[str | None, Field(description="Current name of the payer.")]
    payer_state: Annotated[PayerState | None, Field(description="Current state of the payer.")]
    payer_reason_code: Annotated[
        str | None, Field(description="Why the payer was suspended or refused.")
    ]
    age_days: Annotated[int, Field(description="Age of the declaration in days.")]
    is_stale: Annotated[bool, Field(description="Whether it is too old as evidence of income.")]
    position: NotRequired[Annotated[str, Field(description="The person's position.")]]
    net_monthly_salary_cents: NotRequired[
        Annotated[int, Field(description="Net salary a month, in minor units.")]
    ]
    deductions: NotRequired[
        Annotated[list[Deduction], Field(description="What is deducted every month.")]
    ]
    payer_contact: NotRequired[
        Annotated[PayerContact, Field(description="The person's contact at the payer.")]
    ]
    indicative_capacity_cents: NotRequired[
        Annotated[
            int | None,
            Field(description="What could be deducted for a loan a month, in minor units."),
        ]
    ]


class ShownFile(DossierFile):
    """A file of the dossier."""

    document_id: Annotated[str, Field(description="The id of the file.")]


class ShownDossier(TypedDict):
    """Required and received documents; null is what has not happened."""

    state: Annotated[DossierState | None, Field(description="State of the dossier.")]
    submitted_at: Annotated[datetime | None, Field(description="When it was last submitted.")]
    accepted_at: Annotated[datetime | None, Field(description="When it was last accepted.")]
    requirements: Annotated[list[RequiredDocument], Field(description="What is required.")]
    files: Annotated[list[ShownFile], Field(description="What was received.")]


class ShownCorrection(RequestedCorrection):
    """An open identity correction, with the requested identity when it is known."""

    given_names: NotRequired[Annotated[str, Field(description="Requested given names.")]]
    surnames: NotRequired[Annotated[str, Field(description="Requested surnames.")]]
    document_number: NotRequired[
        Annotated[str, Field(description="Requested number of the identity document.")]
    ]
    birth_date: NotRequired[
        Annotated[str, Field(description="Requested date of birth, an ISO 8601 date.")]
    ]


class ShownStatus(TypedDict):
    """The status, why and when it was set, and what came before."""

    status: Annotated[str, Field(description="Current status.")]
    status_changed_at: Annotated[datetime, Field(description="When it was set.")]
    status_cause: Annotated[str, Field(description="Code of what set it.")]
    status_reason_code: Annotated[
        str | None, Field(description="Reason given by the operator who set it.")
    ]
    status_changed_by: Annotated[UUID | None, Field(description="The operator who set it.")]
    registration_number: Annotated[int | None, Field(description="The number of the registration.")]
    registered_at: Annotated[datetime | None, Field(description="When the person registered.")]
    activated_at: Annotated[
        datetime | None, Field(description="When the e-mail address was verified.")
    ]
    completed_at: Annotated[
        datetime | None, Field(description="When the application was completed.")
    ]
    promoted_at: Annotated[datetime | None, Field(description="When it became a customer.")]


class ShownRequirements(TypedDict):
    """The latest evaluation; null and empty before the first one."""

    policy: Annotated[str | None, Field(description="Name of the policy.")]
    policy_version: Annotated[int | None, Field(description="Version of the policy.")]
    results: Annotated[
        list[EvaluatedRequirement], Field(description="One result for each requirement.")
    ]


class CustomerDetails(TypedDict):
    """Everything known of the person that is not credit."""

    personal: Annotated[ShownPerson, Field(description="Identity and contacts.")]
    employment: Annotated[
        ShownEmployment | None, Field(description="The latest one; null until declared.")
    ]
    documents: Annotated[ShownDossier, Field(description="Required and received documents.")]
    consents: Annotated[
        dict[str, Consent], Field(description="Consents in force, by their purpose.")
    ]
    consent_ledger: Annotated[
        list[ConsentChange], Field(description="The latest changes, the oldest first.")
    ]
    identity_correction: Annotated[
        ShownCorrection | None, Field(description="The open one; null when there is none.")
    ]
    status: Annotated[ShownStatus, Field(description="The status with its reason.")]
    requirements: Annotated[ShownRequirements, Field(description="The latest evaluation.")]


class Profile(TypedDict):
    """The profile of a person, for staff."""

    person_id: Annotated[UUID, Field(description="The id of the person.")]
    customer_id: Annotated[
        UUID | None, Field(description="The id of the customer; null for a pre-customer.")
    ]
    kind: Annotated[KindCode, Field(description="Whether the person is a customer already.")]
    status: Annotated[str, Field(description="Current status.")]
    version: Annotated[int, Field(description="The same as `registry_version`.")]
    registry_version: Annotated[
        int, Field(description="Version of the registry's record, for `If-Match`.")
    ]
    credit_overview: Annotated[CreditOverview, Field(description="Loans and applications.")]
    customer_details: Annotated[CustomerDetails, Field(description="Everything else.")]
    refinanced_loans: NotRequired[
        Annotated[list[RefinancedLoan], Field(description="Only when there are any.")]
    ]


class PersonUnknown(Exception):
    """There is no such person, or not all sections of the document have arrived yet."""


class CustomerUnknown(Exception):
    """No person has this customer id."""


class PersonErased(Exception):
    """The person's data have been erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """What a profile depends on besides the document: payers, the viewer's permission, the time.

    Evidence of income is stale from the age `stale_after` on.
    """

    payers: Payers
    with_salary: bool
    now: datetime
    stale_after: timedelta


async def listed_person(people: Collection[Person], person_id: UUID) -> Person:
    """The document of a person who is in a list.

    Raises:
        PersonUnknown: there is none, or it is not complete yet.
        PersonErased: the person was erased.

    """
    person = await people.find_one({"_id": person_id})
    if person is not None and person.get("erased_at") is not None:
        raise PersonErased
    if person is None or person.get("kind") is None:
        raise PersonUnknown
    return person


async def read_payers(payers: Collection[Payer], ids: Iterable[UUID | None]) -> Payers:
    requested = {payer_id for payer_id in ids if payer_id is not None}
    return await surviving_payers(payers, requested, PAYER_FIELDS)


def profile_of(person: Person, view: ProfileView) -> Profile:
    """The profile; it has `refinanced_loans` only when there are any."""
    application, registry = person["application"], person["registry"]
    customer_id = person["customer_id"]
    profile: Profile = {
        "person_id": person["_id"],
        "customer_id": None if customer_id == NO_ID else customer_id,
        "kind": person["kind"],
        "status": person["status"],
        "version": registry.get("status_version", 0),
        "registry_version": registry.get("status_version", 0),
        "credit_overview": credit_overview(person),
        "customer_details": {
            "personal": _personal(person),
            "employment": _employment(person, view),
            "documents": _documents(person),
            "consents": counting_consents(application),
            "consent_ledger": counting_consent_ledger(application),
            "identity_correction": _identity_correction(person),
            "status": _status(registry),
            "requirements": _requirements(registry),
        },
    }
    if replaced := refinanced(loans_of(person)):
        profile["refinanced_loans"] = replaced
    return profile


def _personal(person: Person) -> ShownPerson:
    """All of the identity is known of a person who is in a list."""
    known, application = person["personal"], person["application"]
    return {
        "name": known["name"],
        "given_names": known["given_names"],
        "surnames": known["surnames"],
        "document_number": known["document_number"],
        "birth_date": known["birth_date"],
        "email": known["email"],
        "phone": known["phone"],
        "country": application["country"],
        "document_type": application["document_type"],
        "locale": application["locale"],
        "channel": application["channel"],
        "email_verified_at": application.get("email_verified_at"),
        "phone_verified_at": application.get("phone_verified_at"),
        "document_disputed_at": application.get("disputed_at"),
    }


def _identity_correction(person: Person) -> ShownCorrection | None:
    """The requested identity, until an operator has decided."""
    requested = person["application"].get("identity_correction")
    if requested is None:
        return None
    correction: ShownCorrection = {
        "correction_id": requested["correction_id"],
        "country": requested["country"],
        "document_type": requested["document_type"],
        "requested_at": requested["requested_at"],
    }
    identity = person["personal"].get("identity_correction")
    if identity is not None:
        correction["given_names"] = identity["given_names"]
        correction["surnames"] = identity["surnames"]
        correction["document_number"] = identity["document_number"]
        correction["birth_date"] = identity["birth_date"]
    return correction


def _employment(person: Person, view: ProfileView) -> ShownEmployment | None:
    """None until declared; amounts only with the permission to see salaries."""
    declared = person["application"].get("employment")
    if declared is None:
        return None
    age = view.now - declared["declared_at"]
    payer = view.payers.get(declared["payer_id"])
    employment: ShownEmployment = {
        "payer_id": declared["payer_id"],
        "contract_type": declared["contract_type"],
        "currency": declared["currency"],
        "declared_at": declared["declared_at"],
        "payer": None if payer is None else payer.get("name"),
        "payer_state": None if payer is None else payer.get("state"),
        "payer_reason_code": None if payer is None else _payer_reason(payer),
        "age_days": max(0, age.days),
        "is_stale": age >= view.stale_after,
    }
    known = person["personal"].get("employment")
    if known is not None:
        employment["position"] = known["position"]
        employment["payer_contact"] = known["payer_contact"]
    if known is not None and view.with_salary:
        employment["net_monthly_salary_cents"] = known["net_monthly_salary_cents"]
        employment["deductions"] = known["deductions"]
        employment["indicative_capacity_cents"] = known["indicative_capacity_cents"]
    return employment


def _payer_reason(payer: Payer) -> str | None:
    return payer.get("suspended_reason_code") or payer.get("refused_reason_code")


def _documents(person: Person) -> ShownDossier:
    dossier = person.get("dossier", {})
    return {
        "state": dossier.get("state"),
        "submitted_at": dossier.get("submitted_at"),
        "accepted_at": dossier.get("accepted_at"),
        "requirements": dossier.get("requirements", []),
        "files": [
            {"document_id": document_id, **file}
            for document_id, file in dossier.get("documents", {}).items()
        ],
    }


def _status(registry: RegistrySection) -> ShownStatus:
    """The status with its reason, and the dates of registration, activation and promotion."""
    return {
        "status": registry["status"],
        "status_changed_at": registry["status_changed_at"],
        "status_cause": registry["status_cause"],
        "status_reason_code": registry.get("status_reason_code"),
        "status_changed_by": registry.get("status_changed_by"),
        "registration_number": registry.get("registration_number"),
        "registered_at": registry.get("registered_at"),
        "activated_at": registry.get("activated_at"),
        "completed_at": registry.get("completed_at"),
        "promoted_at": registry.get("promoted_at"),
    }


def _requirements(registry: RegistrySection) -> ShownRequirements:
    return {
        "policy": registry.get("policy"),
        "policy_version": registry.get("policy_version"),
        "results": registry.get("results", []),
    }
