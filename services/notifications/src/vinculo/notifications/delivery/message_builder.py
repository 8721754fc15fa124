"""Makes e-mails and short messages, each from one message or from several to the same address."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vinculo.events import ERASED, Erased
from vinculo.notifications.application.contacts import ContactReader, MessageDetails
from vinculo.notifications.delivery.smtp import mime_message, usable_address
from vinculo.notifications.delivery.transports import Email, ShortMessage
from vinculo.notifications.domain.message import (
    Channel,
    NotificationTrigger,
    channel_of,
)
from vinculo.notifications.rendering.context import Context, ContextBuilder
from vinculo.notifications.rendering.render import COLLECTING_FORMS, RenderedEmail, Renderer
from vinculo.notifications.storage.recipients import Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressedMessage:
    """`address` is as the mail server or the SMS gateway takes it."""

    message_id: UUID
    trigger: NotificationTrigger
    recipient: Recipient
    details: MessageDetails
    address: str


class MessageBuilder:
    """`sender` is the `From` of e-mails, an address with or without a name."""

    def __init__(
        self,
        *,
        contacts: ContactReader,
        contexts: ContextBuilder,
        renderer: Renderer,
        sender: str,
        clock: Callable[[], datetime],
        smtputf8: bool = False,
    ) -> None:
        self._smtputf8 = smtputf8
        self._contacts = contacts
        self._contexts = contexts
        self._renderer = renderer
        self._sender = sender
        self._clock = clock

    async def address(
        self, message_id: UUID, trigger: NotificationTrigger, recipient: Recipient
    ) -> AddressedMessage | Erased:
        """Raise UnusableAddress for an invalid e-mail address, KeyMissing for a lost key."""
        details = await self._contacts.read(trigger, recipient)
        if isinstance(details, Erased):
            return ERASED
        address = details.address
        if channel_of(trigger.template) is Channel.EMAIL:
            address = usable_address(address, smtputf8=self._smtputf8)
        return AddressedMessage(
            message_id=message_id,
            trigger=trigger,
            recipient=recipient,
            details=details,
            address=address,
        )

    def compose(self, messages: Sequence[AddressedMessage]) -> Email | ShortMessage:
        """One e-mail or short message from messages of one budget to one address.

        It has the id, the address and the language of the first. Several reminders are one.
        """
        first = messages[0]
        language = first.recipient.locale
        if channel_of(first.trigger.template) is Channel.SMS:
            text = self._text(messages)
            return ShortMessage(phone=first.address, text=text, message_id=first.message_id)
        message = mime_message(
            self._email(messages),
            message_id=first.message_id,
            sender=self._sender,
            to=first.address,
            language=language,
            now=self._clock(),
            smtputf8=self._smtputf8,
        )
        return Email(address=first.address, message=message)

    def _email(self, messages: Sequence[AddressedMessage]) -> RenderedEmail:
        first = messages[0]
        template, language = first.trigger.template, first.recipient.locale
        if len(messages) == 1 or template not in COLLECTING_FORMS:
            return self._renderer.email(template, self._context(first), language)
        entries = self._entries(messages)
        return self._renderer.collecting_email(template, entries, language)

    def _text(self, messages: Sequence[AddressedMessage]) -> str:
        first = messages[0]
        template, language = first.trigger.template, first.recipient.locale
        if len(messages) == 1:
            return self._renderer.sms(template, self._context(first), language)
        return self._renderer.collecting_sms(template, self._entries(messages), language)

    def _context(self, message: AddressedMessage) -> Context:
        return self._contexts.context(
            message.trigger,
            given_names=message.details.given_names,
            reviewer_note=message.details.reviewer_note,
            language=message.recipient.locale,
        )

    def _entries(self, messages: Sequence[AddressedMessage]) -> list[Context]:
        """The oldest first, and what would read the same only once."""
        language = messages[0].recipient.locale
        entries: list[Context] = []
        for each in sorted(messages, key=lambda each: each.trigger.happened_at):
            entry = self._contexts.collected_entry(
                each.trigger, each.recipient.project, language, each.details.reviewer_note
            )
            if entry not in entries:
                entries.append(entry)
        return entries
