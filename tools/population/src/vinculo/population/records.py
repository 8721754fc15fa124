"""Kafka records of generated events, made by the functions of the services and credit systems."""

from collections.abc import Callable, Mapping
from typing import Final

from vinculo.customer_registry.storage.streams import (
    CREDITS,
    CUSTOMERS,
    POLICIES,
    registry_records,
)
from vinculo.documents.storage.streams import DOSSIERS, dossier_records
from vinculo.eventstore import StoredEvent
from vinculo.messaging import Record, SerializedEvent, serialized
from vinculo.notifications.storage.streams import message_records
from vinculo.onboarding.storage.streams import onboarding_records
from vinculo.population.installation import Installation
from vinculo.population.person_streams import CreditReport
from vinculo.simulation.credit_system import credit_record

UUID_LENGTH: Final = 36


class RecordEncoder:
    """Encodes events for topics with the prefix."""

    def __init__(self, installation: Installation, prefix: str) -> None:
        self._prefix = prefix
        onboarding, registry = onboarding_records(prefix), registry_records(prefix)
        self._by_category: Mapping[str, Callable[[SerializedEvent], Record]] = {
            installation.applications.name: onboarding,
            installation.payers.name: onboarding,
            installation.messages.name: message_records(prefix),
            DOSSIERS.name: dossier_records(prefix),
            CREDITS.name: registry,
            CUSTOMERS.name: registry,
            POLICIES.name: registry,
        }

    def encode(self, event: StoredEvent | CreditReport) -> Record:
        if isinstance(event, CreditReport):
            return self._credit_record(event)
        category = event.stream_id[: -UUID_LENGTH - 1]
        return self._by_category[category](serialized(event))

    def _credit_record(self, report: CreditReport) -> Record:
        return credit_record(
            f"{self._prefix}{report.topic}",
            report.state,
            source=report.source,
            person_id=report.subject,
            event_id=report.event_id,
            sent_at=report.recorded_at,
        )
