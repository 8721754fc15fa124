"""Which events are told to the person, and by which message."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vinculo.contracts.customer_registry import PreCustomerPromoted
from vinculo.contracts.envelope import Facts
from vinculo.contracts.onboarding import ActivationLinkIssued, RegistrationRepeated
from vinculo.notifications.domain.message import Template, message_id_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to be mailed. Its token is in no event: it is derived when the mail is made."""

    link_id: UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One event that one person is told of once."""

    template: Template
    person_id: UUID
    cause_event_id: UUID
    happened_at: datetime
    link: Link | None = None

    @property
    def message_id(self) -> UUID:
        return message_id_for(self.cause_event_id, self.template)


def occasion(event: Facts | None, *, event_id: UUID, person_id: UUID) -> Occasion | None:
    """Give what the event is an occasion for; None for all that is not told by message."""
    match event:
        case ActivationLinkIssued():
            return Occasion(
                template=Template.ACTIVATION,
                person_id=person_id,
                cause_event_id=event_id,
                happened_at=event.issued_at,
                link=Link(
                    link_id=event.link_id,
                    issued_at=event.issued_at,
                    expires_at=event.expires_at,
                ),
            )
        case RegistrationRepeated():
            return Occasion(
                template=Template.OWNER_WARNED,
                person_id=person_id,
                cause_event_id=event_id,
                happened_at=event.repeated_at,
            )
        case PreCustomerPromoted():
            return Occasion(
                template=Template.PROMOTED,
                person_id=person_id,
                cause_event_id=event_id,
                happened_at=event.promoted_at,
            )
        case _:
            return None
