"""Kafka records of draft events: encrypted, in the services' CloudEvents format."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vinculo.contracts import topics
from vinculo.messaging import Record
from vinculo.population.event_builder import DraftEvent
from vinculo.privacy.envelopes import seal_envelope

TOPICS: Final[Mapping[str, str]] = {
    "application": topics.ONBOARDING_APPLICATIONS,
    "payer": topics.ONBOARDING_PAYERS,
    "dossier": topics.DOCUMENTS_DOSSIERS,
    "customer": topics.CUSTOMER_REGISTRY_CUSTOMERS,
    "promotion-policy": topics.CUSTOMER_REGISTRY_POLICIES,
    "message": topics.NOTIFICATIONS_MESSAGES,
    "loan": topics.CREDIT_LOANS,
    "credit-application": topics.CREDIT_APPLICATIONS,
}
"""Topics by category of streams."""
STREAMLESS_CATEGORIES: Final = frozenset({"loan", "credit-application"})
"""Published by credit systems, without streams and versions."""
SPEC_VERSION: Final = ("ce_specversion", b"1.0")
CONTENT_TYPE: Final = ("content-type", b"application/json")

Header = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class _TypeHeaders:
    """The topic and headers that all events of one type share."""

    topic: str
    source: Header
    type: Header
    schema: Header


class RecordSubject:
    """The person or aggregate that records concern; its headers are built once."""

    def __init__(self, name: str, cipher: AESGCM | None = None) -> None:
        self.name = name
        self.key = name.encode()
        self.cipher = cipher
        self.header = ("ce_subject", self.key)
        self.correlation = ("ce_correlationid", self.key)


class RecordBuilder:
    """Builds the same records as `cloud_events`, for topics with the prefix.

    It takes half the time, because headers are built once per type and subject. A test compares
    both.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._headers_of_type: dict[str, _TypeHeaders] = {}

    def record(self, subject: RecordSubject, event: DraftEvent) -> Record:
        """Raises ValueError for a personal part without cipher."""
        shared = self._headers_of_type.get(event.type) or self._add_type(event)
        headers = [
            SPEC_VERSION,
            ("ce_id", event.event_id.encode()),
            shared.source,
            shared.type,
            ("ce_time", event.time.encode()),
            subject.header,
        ]
        if event.category in STREAMLESS_CATEGORIES:
            headers.append(CONTENT_TYPE)
            return Record(shared.topic, subject.key, orjson.dumps(event.facts), headers)
        headers += (
            shared.schema,
            CONTENT_TYPE,
            ("ce_streamid", f"{event.category}-{event.stream}".encode()),
            ("ce_streamversion", b"%d" % event.version),
            subject.correlation,
        )
        facts = event.facts
        if event.personal is not None:
            facts = facts | {"personal": _encrypted(subject, event, event.personal)}
        return Record(shared.topic, subject.key, orjson.dumps(facts), headers)

    def _add_type(self, event: DraftEvent) -> _TypeHeaders:
        topic = TOPICS[event.category]
        service, _, name = topic.partition(".")
        shared = self._headers_of_type[event.type] = _TypeHeaders(
            topic=f"{self._prefix}{topic}",
            source=("ce_source", f"/{service}/{name}".encode()),
            type=("ce_type", f"vinculo.{service}.{event.type}".encode()),
            schema=("ce_dataschema", f"urn:vinculo:schema:{service}:{event.type}".encode()),
        )
        return shared


def _encrypted(
    subject: RecordSubject, event: DraftEvent, personal: Mapping[str, Any]
) -> dict[str, Any]:
    if subject.cipher is None:
        raise ValueError(f"{event.type} has a personal part, but the subject has no key")
    event_id, person = UUID(event.event_id), UUID(subject.name)
    return seal_envelope(subject.cipher, person, event_id, {"v": 1, **personal})
