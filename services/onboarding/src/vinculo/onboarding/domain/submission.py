"""Submissions: what was registered for a document before one of them is activated.

A registration proves nothing until a link is used, so an application can have several submissions,
each with an address and details of its own. They are part of the application's stream.
Stored names and fields must never change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from vinculo.events.personal import Erased, Sealed
from vinculo.onboarding.domain.account import Channel, ConsentGiven, ConsentPurpose, Contact


class SubmissionDrop(StrEnum):
    """Why a submission ended without being activated."""

    EXPIRED = "expired"
    UNDELIVERABLE = "undeliverable"
    NOT_ACTIVATED = "not_activated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    purpose: ConsentPurpose
    text_version: str
    text_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDetails:
    document_number: str
    given_names: str
    surnames: str
    birth_date: date
    email: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationStarted:
    """The first submission; its id is `registration_id`."""

    registration_id: UUID
    project: str
    channel: Channel
    locale: str
    country: str
    document_type: str
    started_at: datetime
    consents: tuple[Consent, ...] = ()
    personal: PersonDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReceived:
    submission_id: UUID
    project: str
    channel: Channel
    locale: str
    country: str
    document_type: str
    consents: tuple[Consent, ...]
    received_at: datetime
    personal: PersonDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionDropped:
    submission_id: UUID
    cause: SubmissionDrop
    dropped_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationLinkIssued:
    """A link of the submission; of the first one where none is named."""

    link_id: UUID
    submission_id: UUID | None = None
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCorrected:
    """The address of the submission was replaced; of the first one where none is named."""

    submission_id: UUID | None = None
    corrected_at: datetime
    personal: Contact | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified:
    link_id: UUID
    verified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerifiedV2:
    """The submission was activated, and its content is the application's from now on."""

    submission_id: UUID
    link_id: UUID
    project: str
    channel: Channel
    locale: str
    country: str
    document_type: str
    consents: tuple[Consent, ...]
    verified_at: datetime
    personal: PersonDetails | Sealed | Erased


SubmissionEvent: TypeAlias = (
    ApplicationStarted
    | SubmissionReceived
    | SubmissionDropped
    | ActivationLinkIssued
    | EmailCorrected
    | EmailVerified
    | EmailVerifiedV2
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationLink:
    link_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An open submission. `latest_link` is its only link that may still be used."""

    submission_id: UUID
    project: str
    channel: Channel
    locale: str
    country: str
    document_type: str
    consents: tuple[Consent, ...]
    latest_link: ActivationLink | None = None
    received_after_activation: bool = False

    def has_open_link(self, now: datetime) -> bool:
        return self.latest_link is not None and now < self.latest_link.expires_at


Submissions: TypeAlias = Mapping[UUID, Submission]
"""The open submissions by id, the oldest first."""


def submission_of(
    event: ApplicationStarted | SubmissionReceived, *, after_activation: bool = False
) -> Submission:
    submission_id = (
        event.registration_id if isinstance(event, ApplicationStarted) else event.submission_id
    )
    return Submission(
        submission_id=submission_id,
        project=event.project,
        channel=event.channel,
        locale=event.locale,
        country=event.country,
        document_type=event.document_type,
        consents=event.consents,
        received_after_activation=after_activation,
    )


def with_link(
    submissions: Submissions, submission_id: UUID, event: ActivationLinkIssued
) -> Submissions:
    """The submission with its newest link; unchanged for a submission that has ended."""
    submission = submissions.get(submission_id)
    if submission is None:
        return submissions
    link = ActivationLink(link_id=event.link_id, expires_at=event.expires_at)
    return {**submissions, submission_id: replace(submission, latest_link=link)}


def with_consent(submissions: Submissions, submission_id: UUID, event: ConsentGiven) -> Submissions:
    """Earlier versions recorded the consents of the first submission as events of their own."""
    submission = submissions.get(submission_id)
    if submission is None:
        return submissions
    consent = Consent(
        purpose=event.purpose, text_version=event.text_version, text_sha256=event.text_sha256
    )
    consents = (*submission.consents, consent)
    return {**submissions, submission_id: replace(submission, consents=consents)}


def without(submissions: Submissions, submission_id: UUID) -> Submissions:
    return {key: each for key, each in submissions.items() if key != submission_id}
