"""Stored events agree with the published contract, and every frozen sample still loads."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from vinculo.contracts import EVENTS, topics
from vinculo.contracts.documents import RejectionNote as PublishedNote
from vinculo.documents.domain.dossier import DocumentRejected, DossierEvent, RejectionNote
from vinculo.documents.storage.streams import DOSSIER_CODEC
from vinculo.events import Meta
from vinculo.eventstore import StoredEvent
from vinculo.eventstore.testing import assert_every_event_is_stored, assert_samples_load

SAMPLES = Path(__file__).parents[1] / "samples"
EXAMPLES = Path(__file__).parents[4] / "contracts" / "examples" / topics.DOCUMENTS_DOSSIERS


def stored(type_: str, value: dict[str, Any]) -> StoredEvent:
    return StoredEvent(
        event_id=UUID(int=1),
        stream_id=f"dossier-{UUID(int=2)}",
        subject=UUID(int=2),
        version=1,
        type=type_,
        data={name: each for name, each in value.items() if name != "personal"},
        personal=value.get("personal"),
        meta=Meta(),
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_every_stored_type_still_loads() -> None:
    assert_samples_load(DOSSIER_CODEC, SAMPLES)


def test_the_stored_types_are_the_published_ones() -> None:
    assert DOSSIER_CODEC.types == set(EVENTS[topics.DOCUMENTS_DOSSIERS])


@pytest.mark.parametrize("type_", sorted(EVENTS[topics.DOCUMENTS_DOSSIERS]))
def test_an_event_is_stored_as_in_the_published_example(type_: str) -> None:
    value = json.loads((EXAMPLES / f"{type_}.json").read_text(encoding="utf-8"))["value"]
    event = DOSSIER_CODEC.decode(stored(type_, value))
    if isinstance(event, DocumentRejected):
        event = DOSSIER_CODEC.with_personal(event, {"v": 1, "note": "x"})
    encoded = DOSSIER_CODEC.encode(event)

    assert encoded.type == type_
    assert encoded.data == {name: each for name, each in value.items() if name != "personal"}


def test_a_note_is_encrypted_in_the_published_form() -> None:
    event = DocumentRejected(
        document_id=UUID(int=1),
        kind="payslip",
        reason_code="other",
        rejected_by=UUID(int=2),
        rejected_at=datetime(2026, 1, 1, tzinfo=UTC),
        personal=RejectionNote(note="No se lee."),
    )
    personal = DOSSIER_CODEC.encode(event).personal

    assert personal == {"v": 1, "note": "No se lee."}
    assert PublishedNote.model_validate(personal).note == "No se lee."
    assert "No se lee" not in str(DOSSIER_CODEC.encode(event).data)


def test_every_event_of_the_domain_has_a_stored_type() -> None:
    assert_every_event_is_stored(DOSSIER_CODEC, DossierEvent)
