"""From a delivery to what is handed to a carrier: opens contacts and names, words, renders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from vinculo.contracts.accounts import Contact, ContactReplaced, IdentityDetails
from vinculo.contracts.onboarding import PersonDetails
from vinculo.events import ERASED, Erased
from vinculo.notifications.delivery.smtp import ascii_domain, mime_message
from vinculo.notifications.delivery.transports import Email, ShortMessage
from vinculo.notifications.domain.message import Channel, NotificationTrigger, Template, channel_of
from vinculo.notifications.rendering.context import (
    PhoneChangeCodeWords,
    PhoneChangedWords,
    PhoneCodeWords,
    Wording,
)
from vinculo.notifications.rendering.render import Renderer
from vinculo.notifications.storage.recipients import Recipient, ReplaceablePart, StoredEnvelope
from vinculo.privacy import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentContacts:
    """What is in force now, and the cause's own personal part."""

    given_names: str
    email: str
    phone: str
    cause: Mapping[str, Any] | None


class MessageBuilder:
    def __init__(
        self,
        *,
        keyring: KeyRing,
        renderer: Renderer,
        wording: Wording,
        sender: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._keyring = keyring
        self._renderer = renderer
        self._wording = wording
        self._sender = sender
        self._clock = clock

    async def compose(
        self, message_id: UUID, trigger: NotificationTrigger, recipient: Recipient
    ) -> Email | ShortMessage | Erased:
        """Raise AddressUnusable for contacts that no mail can go to, KeyMissing for a fault."""
        opened = await self._open(trigger, recipient)
        if isinstance(opened, Erased):
            return ERASED
        locale = recipient.locale
        words = self._wording.words(trigger, opened.given_names, opened.cause, locale)
        to = destination(trigger, opened)
        if isinstance(words, PhoneCodeWords | PhoneChangeCodeWords | PhoneChangedWords):
            text = self._renderer.text(words, locale)
            return ShortMessage(phone=to, text=text, message_id=message_id)
        address = ascii_domain(to)
        message = mime_message(
            self._renderer.mail(words, locale),
            message_id=message_id,
            sender=self._sender,
            to=address,
            locale=locale,
            now=self._clock(),
        )
        return Email(address=address, message=message)

    async def _open(
        self, trigger: NotificationTrigger, recipient: Recipient
    ) -> CurrentContacts | Erased:
        person_id = recipient.person_id
        registered = await self._open_part(person_id, recipient.registered)
        if isinstance(registered, Erased):
            return ERASED
        details = PersonDetails.model_validate(registered)
        replaced: dict[ReplaceablePart, Mapping[str, Any]] = {}
        for part, sealed in recipient.replaced.items():
            opened = await self._open_part(person_id, sealed)
            if isinstance(opened, Erased):
                return ERASED
            replaced[part] = opened
        cause: Mapping[str, Any] | None = None
        if trigger.sealed is not None:
            sealed = StoredEnvelope(envelope=dict(trigger.sealed), event_id=trigger.cause_event_id)
            opened = await self._open_part(person_id, sealed)
            if isinstance(opened, Erased):
                return ERASED
            cause = opened
        return _in_force(details, replaced, cause)

    async def _open_part(
        self, person_id: UUID, sealed: StoredEnvelope
    ) -> Mapping[str, Any] | Erased:
        return await self._keyring.open(person_id, sealed.event_id, sealed.envelope)


def destination(trigger: NotificationTrigger, opened: CurrentContacts) -> str:
    """Give where the message goes: to the contact in force, unless it is about another one."""
    match trigger.template:
        case Template.CONTACT_CHANGE | Template.PHONE_CHANGE_CODE:
            return Contact.model_validate(opened.cause).contact
        case Template.CONTACT_CHANGED | Template.PHONE_CHANGED:
            return ContactReplaced.model_validate(opened.cause).previous
        case template if channel_of(template) is Channel.SMS:
            return opened.phone
        case _:
            return opened.email


def _in_force(
    details: PersonDetails,
    replaced: Mapping[ReplaceablePart, Mapping[str, Any]],
    cause: Mapping[str, Any] | None,
) -> CurrentContacts:
    def contact(part: ReplaceablePart, registered: str) -> str:
        if part not in replaced:
            return registered
        return Contact.model_validate(replaced[part]).contact

    given_names = details.given_names
    if ReplaceablePart.IDENTITY in replaced:
        given_names = IdentityDetails.model_validate(replaced[ReplaceablePart.IDENTITY]).given_names
    return CurrentContacts(
        given_names=given_names,
        email=contact(ReplaceablePart.EMAIL, details.email),
        phone=contact(ReplaceablePart.PHONE, details.phone),
        cause=cause,
    )
