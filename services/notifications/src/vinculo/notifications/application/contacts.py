"""Decrypts what a message needs: the recipient's name, the address, and a reviewer's note."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vinculo.contracts.documents import DemandNote, RejectionNote
from vinculo.contracts.onboarding import (
    Contact,
    ContactReplaced,
    CorrectionNote,
    IdentityDetails,
    PersonDetails,
)
from vinculo.events import ERASED, Erased
from vinculo.notifications.domain.message import (
    TO_STAFF,
    Channel,
    NotificationTrigger,
    Template,
    channel_of,
)
from vinculo.notifications.storage.recipients import Recipient, ReplaceablePart, StoredEnvelope
from vinculo.privacy import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDetails:
    """`address` is an e-mail address, or a phone number in E.164 for a template sent by SMS.

    `reviewer_note` is empty when the event has none, `given_names` for members of staff.
    """

    given_names: str
    address: str
    reviewer_note: str


@dataclass(frozen=True, slots=True)
class ContactReader:
    keyring: KeyRing

    async def read(
        self, trigger: NotificationTrigger, recipient: Recipient
    ) -> MessageDetails | Erased:
        """The current name and address, unless the message is about another address.

        Raise KeyMissing when the person has no key although it was never destroyed.
        """
        registered = await self._decrypt(recipient, recipient.registered)
        if isinstance(registered, Erased):
            return ERASED
        if trigger.template in TO_STAFF:
            address = Contact.model_validate(registered).contact
            return MessageDetails(given_names="", address=address, reviewer_note="")
        replaced: dict[ReplaceablePart, Mapping[str, Any]] = {}
        for part, envelope in recipient.replaced.items():
            decrypted = await self._decrypt(recipient, envelope)
            if isinstance(decrypted, Erased):
                return ERASED
            replaced[part] = decrypted
        cause: Mapping[str, Any] | None = None
        if trigger.envelope is not None:
            envelope = StoredEnvelope(
                content=dict(trigger.envelope), event_id=trigger.cause_event_id
            )
            decrypted = await self._decrypt(recipient, envelope)
            if isinstance(decrypted, Erased):
                return ERASED
            cause = decrypted
        details = PersonDetails.model_validate(registered)
        return MessageDetails(
            given_names=_given_names(details, replaced),
            address=_address(trigger.template, details, replaced, cause),
            reviewer_note=_reviewer_note(trigger.template, cause),
        )

    async def _decrypt(
        self, recipient: Recipient, envelope: StoredEnvelope
    ) -> Mapping[str, Any] | Erased:
        return await self.keyring.decrypt(recipient.person_id, envelope.event_id, envelope.content)


def _given_names(
    details: PersonDetails, replaced: Mapping[ReplaceablePart, Mapping[str, Any]]
) -> str:
    if ReplaceablePart.IDENTITY not in replaced:
        return details.given_names
    return IdentityDetails.model_validate(replaced[ReplaceablePart.IDENTITY]).given_names


def _address(
    template: Template,
    details: PersonDetails,
    replaced: Mapping[ReplaceablePart, Mapping[str, Any]],
    cause: Mapping[str, Any] | None,
) -> str:
    match template:
        case Template.CONTACT_CHANGE | Template.PHONE_CHANGE_CODE:
            return Contact.model_validate(cause).contact
        case Template.CONTACT_CHANGED | Template.PHONE_CHANGED:
            return ContactReplaced.model_validate(cause).previous
        case _:
            is_sms = channel_of(template) is Channel.SMS
            part = ReplaceablePart.PHONE if is_sms else ReplaceablePart.EMAIL
            if part in replaced:
                return Contact.model_validate(replaced[part]).contact
            return details.phone if is_sms else details.email


def _reviewer_note(template: Template, cause: Mapping[str, Any] | None) -> str:
    if cause is None:
        return ""
    match template:
        case Template.DOCUMENT_REJECTED:
            return RejectionNote.model_validate(cause).note
        case Template.DOCUMENT_DEMANDED:
            return DemandNote.model_validate(cause).note
        case Template.CORRECTION_REFUSED:
            return CorrectionNote.model_validate(cause).note
        case _:
            return ""
