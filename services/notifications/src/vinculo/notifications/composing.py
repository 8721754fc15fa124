"""From a delivery to a message ready to be sent: opens the contacts, derives the token, renders."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID
from zoneinfo import ZoneInfo

from vinculo.contracts.onboarding import PersonDetails
from vinculo.eventstore import ERASED, Erased
from vinculo.notifications.domain.message import Locale, Template
from vinculo.notifications.mime import ascii_domain, mime_message
from vinculo.notifications.reactions import Link, Occasion
from vinculo.notifications.recipients import Recipient
from vinculo.notifications.rendering import (
    ActivationWords,
    OwnerWarnedWords,
    PromotedWords,
    Renderer,
    Words,
    moment_in_words,
)
from vinculo.privacy import KeyRing, link_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`address` is where `message` goes."""

    address: str
    message: EmailMessage


class Composer:
    def __init__(
        self,
        *,
        keyring: KeyRing,
        renderer: Renderer,
        link_key: bytes,
        public_url: str,
        sender: str,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._keyring = keyring
        self._renderer = renderer
        self._link_key = link_key
        self._public_url = public_url
        self._sender = sender
        self._zone = zone
        self._clock = clock

    async def compose(
        self, message_id: UUID, occasion: Occasion, recipient: Recipient
    ) -> Letter | Erased:
        """Raise AddressUnusable for contacts that no mail can go to, KeyMissing for a fault."""
        opened = await self._keyring.open(
            recipient.person_id, recipient.envelope_event_id, recipient.envelope
        )
        if isinstance(opened, Erased):
            return ERASED
        details = PersonDetails.model_validate(opened)
        address = ascii_domain(details.email)
        words = self._words(occasion, details.given_names, recipient.locale)
        message = mime_message(
            self._renderer.render(words, recipient.locale),
            message_id=message_id,
            sender=self._sender,
            to=address,
            locale=recipient.locale,
            now=self._clock(),
        )
        return Letter(address=address, message=message)

    def _words(self, occasion: Occasion, given_names: str, locale: Locale) -> Words:
        match occasion:
            case Occasion(template=Template.ACTIVATION, link=Link() as link):
                token = link_token(self._link_key, link.link_id)
                return ActivationWords(
                    given_names=given_names,
                    link=f"{self._public_url}/activate#{link.link_id}.{token}",
                    expires=moment_in_words(link.expires_at, self._zone, locale),
                )
            case Occasion(template=Template.OWNER_WARNED, happened_at=happened_at):
                return OwnerWarnedWords(
                    given_names=given_names,
                    happened=moment_in_words(happened_at, self._zone, locale),
                )
            case Occasion(template=Template.PROMOTED):
                return PromotedWords(given_names=given_names)
            case _:
                raise ValueError(f"{occasion.template} needs a link")
