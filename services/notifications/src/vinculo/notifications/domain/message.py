"""A message to one person: what triggers it, its events and its state.

No event holds an address or a text: both are looked up or rendered when the message is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid5


class Template(StrEnum):
    ACTIVATION = "activation"
    OWNER_WARNED = "owner-warned"
    WELCOME = "welcome"
    DOCUMENT_UNUSABLE = "document-unusable"
    DOCUMENT_REJECTED = "document-rejected"
    DOCUMENT_DEMANDED = "document-demanded"
    REMINDER = "reminder"
    LAST_REMINDER = "last-reminder"
    PROMOTED = "promoted"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - a name of a message
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a name of a message
    CONTACT_CHANGE = "contact-change"
    CONTACT_CHANGED = "contact-changed"
    PHONE_CODE = "phone-code"
    PHONE_CHANGE_CODE = "phone-change-code"
    PHONE_CHANGED = "phone-changed"
    IDENTITY_CORRECTED = "identity-corrected"
    CORRECTION_REFUSED = "correction-refused"
    DOCUMENT_CLAIM_OPENED = "document-claim-opened"
    DOCUMENT_CLAIM_GRANTED = "document-claim-granted"
    DOCUMENT_CLAIM_REFUSED = "document-claim-refused"
    DOCUMENT_CLAIM_EXPIRED = "document-claim-expired"
    STAFF_INVITATION = "staff-invitation"
    STAFF_PASSWORD_RESET = "staff-password-reset"  # noqa: S105 - a name of a message
    STAFF_PASSWORD_CHANGED = "staff-password-changed"  # noqa: S105 - a name of a message


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class FailureReason(StrEnum):
    ADDRESS_REFUSED = "address_refused"
    MESSAGE_REFUSED = "message_refused"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    RECIPIENT_ERASED = "recipient_erased"
    LINK_EXPIRED = "link_expired"
    LINK_SUPERSEDED = "link_superseded"
    NO_LONGER_NEEDED = "no_longer_needed"


BY_SMS: Final = frozenset({Template.PHONE_CODE, Template.PHONE_CHANGE_CODE, Template.PHONE_CHANGED})
TO_STAFF: Final = frozenset(
    {
        Template.STAFF_INVITATION,
        Template.STAFF_PASSWORD_RESET,
        Template.STAFF_PASSWORD_CHANGED,
    }
)
"""To a member of staff, who is no person here: the event has the address and the language."""
ADDRESSED_BY_EVENT: Final = TO_STAFF | frozenset(
    {
        Template.CONTACT_CHANGE,
        Template.CONTACT_CHANGED,
        Template.PHONE_CHANGE_CODE,
        Template.PHONE_CHANGED,
    }
)
"""Sent to the contact in the event's own envelope, not to the person's current contact."""


SUBMISSION_FACT: Final = "submission_id"
"""The fact of a trigger that names the submission which the message is about."""
LOCALE_FACT: Final = "locale"
"""The fact of a trigger to staff that names the language of the message."""


def channel_of(template: Template) -> Channel:
    return Channel.SMS if template in BY_SMS else Channel.EMAIL


def message_id_for(cause_event_id: UUID, template: Template) -> UUID:
    """The same for the same cause and template, so that a message can be queued only once."""
    return uuid5(cause_event_id, template.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link or a code in a message. Its token is in no event: it is derived for sending."""

    link_id: UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """The message that is sent again, and the member of staff who requested it."""

    message_id: UUID
    requested_by: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationTrigger:
    """One event of which one person is notified once.

    `facts` are codes that become labels in the text; `envelope` is the event's, when it has one.
    """

    template: Template
    person_id: UUID
    cause_event_id: UUID
    happened_at: datetime
    link: Link | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    envelope: Mapping[str, Any] | None = None
    resend: Resend | None = None

    @property
    def submission_id(self) -> UUID | None:
        """The submission whose contact gets the message, in place of the person's."""
        named = self.facts.get(SUBMISSION_FACT)
        return None if named is None else UUID(named)

    @property
    def message_id(self) -> UUID:
        return message_id_for(self.cause_event_id, self.template)

    @property
    def missing_contact(self) -> bool:
        return self.template in ADDRESSED_BY_EVENT and self.envelope is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued:
    message_id: UUID
    template: Template
    channel: Channel
    locale: str
    cause_event_id: UUID
    queued_at: datetime
    resend_of: UUID | None = None
    requested_by: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent:
    """`collected_in` is the message in whose mail or short message this one was listed."""

    message_id: UUID
    template: Template
    attempts: int
    sent_at: datetime
    collected_in: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFailed:
    """`submission_id` and `link_id` are those of a message about a submission."""

    message_id: UUID
    template: Template
    reason_code: FailureReason
    attempts: int
    failed_at: datetime
    submission_id: UUID | None = None
    link_id: UUID | None = None


MessageEvent: TypeAlias = MessageQueued | MessageSent | MessageFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class NotQueued:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    message_id: UUID
    template: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Sent or failed; no event can follow."""


Message: TypeAlias = NotQueued | Queued | Ended


def evolve(state: Message, event: MessageEvent) -> Message:
    match event:
        case MessageQueued(message_id=message_id, template=template):
            return Queued(message_id=message_id, template=template)
        case MessageSent() | MessageFailed():
            return Ended()
    return state
