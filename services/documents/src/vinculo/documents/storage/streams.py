"""How dossiers are stored: one stream per person, named by the person's id.

Stored type names must never change.
"""

from collections.abc import Callable
from typing import Final

from vinculo.contracts import topics
from vinculo.documents.domain.dossier import (
    DocumentAccepted,
    DocumentDemanded,
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
    DocumentScreened,
    DocumentSuperseded,
    Dossier,
    DossierAccepted,
    DossierErased,
    DossierEvent,
    DossierOpened,
    DossierReopened,
    DossierSubmitted,
)
from vinculo.documents.domain.dossier_decisions import DOSSIER, DossierCommand
from vinculo.eventstore import Category, Codec
from vinculo.messaging import Record, SerializedEvent, cloud_events

SERVICE: Final = "documents"
PUBLISHED_TOPICS: Final = {"dossier": topics.DOCUMENTS_DOSSIERS}

DOSSIER_CODEC = Codec(
    {
        "dossier-opened.v1": DossierOpened,
        "document-received.v1": DocumentReceived,
        "document-failed-screening.v1": DocumentFailedScreening,
        "document-screened.v1": DocumentScreened,
        "document-accepted.v1": DocumentAccepted,
        "document-rejected.v1": DocumentRejected,
        "document-superseded.v1": DocumentSuperseded,
        "document-demanded.v1": DocumentDemanded,
        "dossier-submitted.v1": DossierSubmitted,
        "dossier-accepted.v1": DossierAccepted,
        "dossier-reopened.v1": DossierReopened,
        "dossier-erased.v1": DossierErased,
    }
)

DOSSIERS: Category[DossierCommand, Dossier, DossierEvent] = Category(
    "dossier", DOSSIER, DOSSIER_CODEC
)


def dossier_records(topic_prefix: str) -> Callable[[SerializedEvent], Record]:
    """From a stored event to its Kafka record, for the relay."""
    return cloud_events(SERVICE, PUBLISHED_TOPICS, topic_prefix)
