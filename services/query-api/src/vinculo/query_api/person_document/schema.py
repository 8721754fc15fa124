"""The shape of a person's document as it is stored, and the field names that lists read.

Any event may have been discarded as a dead letter, so of a section only the version is certain.
Descriptions are those of the API, which shows many of these parts as they are stored.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, NotRequired, Required, TypeAlias
from urllib.parse import quote
from uuid import UUID

from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from vinculo.query_api.cursors import SortValue

KindCode: TypeAlias = Literal["pre_customer", "customer"]
CreditApplicationStatusCode: TypeAlias = Literal[
    "open", "approved", "rejected", "withdrawn", "disbursed"
]
OutcomeCode: TypeAlias = Literal["met", "failed", "missing"]


class StoredDocument(TypedDict):
    """What every document has; `revision` is the number of events folded into it."""

    _id: UUID
    revision: int


class StreamDocument(StoredDocument):
    """A document that is folded from one stream alone; `version` is the stream's."""

    version: NotRequired[int]
    event_id: NotRequired[UUID | None]
    store_epoch: NotRequired[int]


class Consent(TypedDict):
    """A consent in force."""

    text_version: Annotated[str, Field(description="The version of the text consented to.")]
    text_sha256: Annotated[str, Field(description="SHA-256 of that text, in hexadecimal.")]
    channel: Annotated[str, Field(description="Where it was given: web or mobile.")]
    given_at: Annotated[datetime, Field(description="When it was given.")]


class ConsentChange(TypedDict):
    """A consent given or withdrawn; a withdrawal has no text."""

    purpose: Annotated[str, Field(description="What the data may be used for.")]
    channel: Annotated[str, Field(description="Where it was changed: web or mobile.")]
    action: Annotated[Literal["given", "withdrawn"], Field(description="What was done.")]
    text_version: NotRequired[
        Annotated[str, Field(description="The version of the text consented to.")]
    ]
    text_sha256: NotRequired[
        Annotated[str, Field(description="SHA-256 of that text, in hexadecimal.")]
    ]
    at: Annotated[datetime, Field(description="When it was changed.")]


class DeclaredEmployment(TypedDict):
    payer_id: Annotated[UUID, Field(description="The payer of the salary.")]
    contract_type: Annotated[str, Field(description="Code of the contract type.")]
    currency: Annotated[str, Field(description="ISO 4217 code of all amounts.")]
    declared_at: Annotated[datetime, Field(description="When it was declared.")]


class RequestedCorrection(TypedDict):
    """An identity correction on which no operator has decided yet."""

    correction_id: Annotated[UUID, Field(description="The id of the request.")]
    country: Annotated[str, Field(description="ISO 3166 code of the requested document.")]
    document_type: Annotated[str, Field(description="Code of the requested document type.")]
    requested_at: Annotated[datetime, Field(description="When it was requested.")]


class SubmittedFacts(TypedDict):
    """What is not personal in a submission."""

    project: str
    channel: str
    locale: str
    country: str
    document_type: str


class ApplicationSection(TypedDict, total=False):
    """Registration and account. `consents` are by purpose, `consent_ledger` the oldest first.

    `submissions` are the open ones by id, the oldest first, until one is activated: the section has
    the facts of the newest, and afterwards of the activated one, whose id is `registration_id`.
    """

    version: Required[int]
    event_id: UUID | None
    store_epoch: int
    registration_id: UUID
    submissions: dict[str, SubmittedFacts]
    project: str
    channel: str
    locale: str
    country: str
    document_type: str
    disputed_at: datetime
    undeliverable_at: datetime
    started_at: datetime
    activated_at: datetime
    email_verified_at: datetime
    phone_verified_at: datetime
    identity_corrected_at: datetime
    first_employment_at: datetime
    employment: DeclaredEmployment
    documents_provided_at: datetime
    completed_at: datetime
    consents: dict[str, Consent]
    consent_ledger: list[ConsentChange]
    identity_correction: RequestedCorrection


class RequiredDocument(TypedDict):
    """A required document; a file of any of the kinds meets it."""

    code: Annotated[str, Field(description="Code of the requirement.")]
    kinds: Annotated[list[str], Field(description="Codes of the accepted kinds of files.")]


FileState: TypeAlias = Literal[
    "received", "failed", "screened", "accepted", "rejected", "superseded"
]


class DossierFile(TypedDict):
    kind: Annotated[str, Field(description="Code of the kind of document.")]
    state: Annotated[FileState, Field(description="How far screening and review have come.")]
    reason_code: Annotated[
        str | None, Field(description="Why screening failed or the file was rejected.")
    ]
    media_type: NotRequired[Annotated[str, Field(description="Media type of the file.")]]
    size_bytes: NotRequired[Annotated[int, Field(description="Size of the file in bytes.")]]
    received_at: NotRequired[Annotated[datetime, Field(description="When it was received.")]]
    screened_at: NotRequired[Annotated[datetime, Field(description="When screening ended.")]]
    decided_at: NotRequired[
        Annotated[datetime, Field(description="When it was accepted or rejected.")]
    ]
    decided_by: NotRequired[
        Annotated[UUID, Field(description="The operator who accepted or rejected it.")]
    ]


DossierState: TypeAlias = Literal["open", "submitted", "accepted"]


class DossierSection(TypedDict, total=False):
    """Required documents and files; `documents` are by id."""

    version: Required[int]
    event_id: UUID | None
    store_epoch: int
    state: DossierState
    requirements: list[RequiredDocument]
    opened_at: datetime
    submitted_at: datetime
    accepted_at: datetime
    documents: dict[str, DossierFile]


class StatusChange(TypedDict):
    """`kind` is None when the registration's event was discarded."""

    at: datetime
    kind: KindCode | None
    status: str


class FactEvidence(TypedDict):
    """A fact that a requirement has read."""

    fact: Annotated[str, Field(description="The name of the fact.")]
    event_id: Annotated[UUID, Field(description="The event that proves it.")]


class EvaluatedRequirement(TypedDict):
    """The result of one requirement of the policy."""

    requirement: Annotated[str, Field(description="Code of the requirement.")]
    outcome: Annotated[OutcomeCode, Field(description="Whether it is met.")]
    evidence: Annotated[list[FactEvidence], Field(description="The facts that were known.")]
    missing_facts: Annotated[list[str], Field(description="Names of facts not known yet.")]
    observed: Annotated[
        dict[str, JsonValue], Field(description="Values of facts that are not personal, by name.")
    ]


class RegistrySection(TypedDict, total=False):
    """Kind, status and requirements; `moves` are the latest status changes, the oldest first.

    `status_version` counts the events that an operator's decision rests on: it is the value of
    `If-Match` for the registry, while `version` is that of the stream.
    """

    version: Required[int]
    status_version: int
    event_id: UUID | None
    store_epoch: int
    kind: KindCode
    registration_number: int
    project: str
    registered_at: datetime
    activated_at: datetime
    customer_id: UUID
    completed_at: datetime
    promoted_at: datetime
    status: str
    status_changed_at: datetime
    status_cause: str
    status_reason_code: str | None
    status_changed_by: UUID | None
    moves: list[StatusChange]
    policy: str
    policy_version: int
    results: list[EvaluatedRequirement]
    evaluated_at: datetime


class LoanReport(TypedDict):
    """The latest report of one loan, by the credit system that has it."""

    version: Annotated[int, Field(description="Rises with every report of the loan.")]
    source: Annotated[str, Field(description="The credit system.")]
    loan_id: Annotated[str, Field(description="The credit system's id of the loan.")]
    status: Annotated[
        str,
        Field(
            description="active (arrears included), refinanced, closed, written_off, cancelled, or "
            "another status of the credit system."
        ),
    ]
    active: Annotated[
        bool, Field(description="Whether it counts as active; an unknown status does.")
    ]
    currency: Annotated[str, Field(description="ISO 4217 code of the amounts.")]
    principal_cents: Annotated[int, Field(description="Amount lent, in minor units.")]
    outstanding_cents: Annotated[int, Field(description="Amount still owed, in minor units.")]
    disbursed_at: Annotated[datetime, Field(description="When it was paid out.")]
    closed_at: Annotated[datetime | None, Field(description="When it ended.")]
    replaced_by_loan_id: Annotated[
        str | None, Field(description="The loan of the same source that refinanced it.")
    ]
    reported_at: Annotated[datetime, Field(description="The time of the report.")]


class ApplicationStage(TypedDict):
    """A stage of an application for credit, as one report has it."""

    version: Annotated[int, Field(description="The version of the report.")]
    stage: Annotated[str, Field(description="The credit system's code of the stage.")]
    stage_name: Annotated[str | None, Field(description="The stage in the system's words.")]
    status: Annotated[CreditApplicationStatusCode, Field(description="The status in it.")]
    since: Annotated[datetime, Field(description="When the application entered the stage.")]


class CreditApplicationReport(TypedDict):
    """The latest report of one application for credit, by the credit system that has it."""

    version: Annotated[int, Field(description="Rises with every report of the application.")]
    source: Annotated[str, Field(description="The credit system.")]
    application_id: Annotated[str, Field(description="The credit system's id of it.")]
    line: Annotated[str, Field(description="The credit system's code of the product.")]
    stage: Annotated[str, Field(description="The credit system's code of the stage.")]
    stage_name: Annotated[str | None, Field(description="The stage in the system's words.")]
    status: Annotated[CreditApplicationStatusCode, Field(description="Open until decided.")]
    currency: Annotated[str, Field(description="ISO 4217 code of the amounts.")]
    requested_cents: Annotated[int, Field(description="Amount requested, in minor units.")]
    approved_cents: Annotated[int | None, Field(description="Amount approved, in minor units.")]
    submitted_at: Annotated[datetime, Field(description="When it was submitted.")]
    stage_since: Annotated[datetime, Field(description="When it entered the stage.")]
    reported_at: Annotated[datetime, Field(description="The time of the report.")]
    stages: Annotated[
        list[ApplicationStage],
        Field(description="Every reported stage, by version, also one reported late."),
    ]


class CreditLimit(TypedDict):
    """What one credit system lends the person at most."""

    version: Annotated[int, Field(description="Rises with every limit of the system.")]
    source: Annotated[str, Field(description="The credit system.")]
    limit_cents: Annotated[int, Field(description="The limit in minor units.")]
    currency: Annotated[str, Field(description="ISO 4217 code of the amount.")]
    valid_until: Annotated[str | None, Field(description="ISO 8601 date of the last day.")]
    reported_at: Annotated[datetime, Field(description="The time of the report.")]


class CreditStream(TypedDict):
    """The last applied event of a stream of one loan, application or limit."""

    version: int
    event_id: UUID | None
    store_epoch: NotRequired[int]


class Identity(TypedDict):
    given_names: Annotated[str, Field(description="Given names as on the document.")]
    surnames: Annotated[
        str, Field(description="Surnames as on the document; empty with one name only.")
    ]
    document_number: Annotated[str, Field(description="Number of the identity document.")]
    birth_date: Annotated[str, Field(description="ISO 8601 date.")]


class Deduction(TypedDict):
    """An amount that is deducted from the salary every month."""

    concept: Annotated[str, Field(description="What it is deducted for.")]
    amount_cents: Annotated[int, Field(description="Minor units a month.")]


class PayerContact(TypedDict):
    """Whom to ask at the payer."""

    name: Annotated[str, Field(description="Name of the contact or the department.")]
    phone: Annotated[str | None, Field(description="Phone number in E.164.")]
    email: Annotated[str | None, Field(description="E-mail address.")]


class PersonalEmployment(TypedDict):
    """The personal part of the declared employment; amounts are in its currency."""

    position: str
    net_monthly_salary_cents: int
    deductions: list[Deduction]
    payer_contact: PayerContact
    indicative_capacity_cents: int | None


class SubmittedDetails(TypedDict):
    """What is personal in a submission."""

    given_names: str
    surnames: str
    document_number: str
    birth_date: str
    email: str
    phone: str


class PersonalSection(TypedDict, total=False):
    """All decrypted personal data, the list columns and search tokens made of it included.

    `submissions` are those of the application's section.
    """

    submissions: dict[str, SubmittedDetails]

    given_names: str
    surnames: str
    document_number: str
    birth_date: str
    email: str
    phone: str
    employment: PersonalEmployment
    identity_correction: Identity
    name: str
    name_key: str
    email_key: str
    tokens: list[str]


class Concern(StrEnum):
    """Why operators should look at who registered a document.

    Disputed: after the activation it was registered with other details. Contested: many submissions
    wait for activation. Undeliverable: the mail with the link could not be delivered, and there is
    no other submission.
    """

    CONTESTED = "contested"
    DISPUTED = "disputed"
    UNDELIVERABLE = "undeliverable"


class ListColumns(TypedDict, total=False):
    """Flat fields derived from the whole document; absent while the person is in no list.

    No sort column is ever null, because comparisons leave nulls out; `NO_INSTANT` and `NO_ID` stand
    for missing values. `has_loans` is 0 or 1.
    """

    kind: KindCode
    status: str
    has_loans: int
    active_loans: int
    created: datetime
    registered_at: datetime
    modified: datetime
    personal_data_acceptance: datetime
    commercial_approval: datetime
    payer_id: UUID
    registration_number: int
    customer_id: UUID
    document_type: str
    project: str
    blocked_by: list[str]
    concerns: list[str]


class Person(StoredDocument, ListColumns):
    """Everything known of a person.

    `loans` and `credit_applications` are by source and the source's own id, `credit_limits` by
    source, `credit_streams` by the stream's id.
    """

    application: NotRequired[ApplicationSection]
    dossier: NotRequired[DossierSection]
    registry: NotRequired[RegistrySection]
    loans: NotRequired[dict[str, LoanReport]]
    credit_applications: NotRequired[dict[str, CreditApplicationReport]]
    credit_limits: NotRequired[dict[str, CreditLimit]]
    credit_streams: NotRequired[dict[str, CreditStream]]
    personal: NotRequired[PersonalSection]
    erased_at: NotRequired[datetime]


KIND: Final = "kind"
STATUS: Final = "status"
HAS_LOANS: Final = "has_loans"
ACTIVE_LOANS: Final = "active_loans"
CREATED: Final = "created"
REGISTERED_AT: Final = "registered_at"
MODIFIED: Final = "modified"
PERSONAL_DATA_ACCEPTANCE: Final = "personal_data_acceptance"
COMMERCIAL_APPROVAL: Final = "commercial_approval"
PAYER_ID: Final = "payer_id"
REGISTRATION_NUMBER: Final = "registration_number"
CUSTOMER_ID: Final = "customer_id"
DOCUMENT_TYPE: Final = "document_type"
PROJECT: Final = "project"
BLOCKED_BY: Final = "blocked_by"
CONCERNS: Final = "concerns"
ERASED_AT: Final = "erased_at"

PERSONAL: Final = "personal"
NAME: Final = "personal.name"
NAME_KEY: Final = "personal.name_key"
EMAIL: Final = "personal.email"
EMAIL_KEY: Final = "personal.email_key"
PHONE: Final = "personal.phone"
DOCUMENT_NUMBER: Final = "personal.document_number"
TOKENS: Final = "personal.tokens"

NO_INSTANT: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands for a missing date in a sort column; shown as empty."""

NO_ID: Final = UUID(int=0)
"""Stands for a missing payer or customer id in a sort column; shown as empty."""

LIST_COLUMNS: Final = tuple(ListColumns.__annotations__)
"""The names of all list columns."""

_SAFE_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9_~/:@-]*")


def field_name(text: str) -> str:
    """A field name from outside text: without dots, dollar signs and nulls, unique per text."""
    if _SAFE_FIELD_NAME.fullmatch(text):
        return text
    return quote(text, safe="/:@").replace(".", "%2E")


def value_at(person: Person, path: str) -> SortValue | None:
    """The value of a list column at its dotted path; None when there is none."""
    found: Any = person
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    value: SortValue | None = found
    return value


def sort_value(person: Person, path: str) -> SortValue:
    """The value of a sortable field, which every listed person has.

    Raises:
        KeyError: the person is in no list, or the field was not read.

    """
    value = value_at(person, path)
    if value is None:
        raise KeyError(path)
    return value
