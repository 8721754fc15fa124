"""Personal parts of a person's own events, opened with the person's key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from vinculo.events import Sealed
from vinculo.eventstore import Category
from vinculo.onboarding.domain.application import Application, ApplicationEvent
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.privacy import KeyRing

Event = TypeVar("Event", bound=ApplicationEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    applications: Category[ApplicationCommand, Application, ApplicationEvent]
    keyring: KeyRing

    async def opened(self, events: Sequence[Event]) -> list[Event]:
        """The same events in the same order; `Erased` is what they hold once the key is gone."""
        parts = [getattr(event, "personal", None) for event in events]
        sealed = [part for part in parts if isinstance(part, Sealed)]
        plain = iter(
            await self.keyring.open_many(
                [(part.subject, part.event_id, part.envelope) for part in sealed]
            )
        )
        codec = self.applications.codec
        return [
            codec.with_personal(event, next(plain)) if isinstance(part, Sealed) else event
            for event, part in zip(events, parts, strict=True)
        ]
