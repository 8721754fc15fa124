"""The section `dossier`: requirements, files and their review."""

from uuid import UUID

from vinculo.contracts import Facts
from vinculo.contracts.documents import (
    DocumentAccepted,
    DocumentDemanded,
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
    DocumentScreened,
    DocumentSuperseded,
    DossierAccepted,
    DossierOpened,
    DossierReopened,
    DossierSubmitted,
)
from vinculo.query_api.person_document.schema import DossierFile, DossierSection, FileState, Person


def dossier_section(person: Person) -> DossierSection:
    """The section, made when there is none."""
    return person.setdefault("dossier", {"version": 0})


def fold_dossier(section: DossierSection, event: Facts) -> None:
    match event:
        case DossierOpened():
            section["state"] = "open"
            section["requirements"] = [
                {"code": requirement.code, "kinds": list(requirement.kinds)}
                for requirement in event.requirements
            ]
            section["opened_at"] = event.opened_at
        case DocumentDemanded():
            section["state"] = "open"
            section.setdefault("requirements", []).append(
                {"code": event.kind, "kinds": [event.kind]}
            )
        case DossierSubmitted():
            section["state"] = "submitted"
            section["submitted_at"] = event.submitted_at
        case DossierAccepted():
            section["state"] = "accepted"
            section["accepted_at"] = event.accepted_at
        case DossierReopened():
            section["state"] = "open"
        case _:
            _fold_file(section, event)


def _fold_file(section: DossierSection, event: Facts) -> None:
    match event:
        case DocumentReceived():
            file = _file(section, event.document_id, event.kind, "received")
            file["media_type"] = event.media_type
            file["size_bytes"] = event.size_bytes
            file["received_at"] = event.received_at
        case DocumentFailedScreening():
            file = _file(section, event.document_id, event.kind, "failed")
            file["reason_code"] = event.reason_code
            file["screened_at"] = event.failed_at
        case DocumentScreened():
            file = _file(section, event.document_id, event.kind, "screened")
            file["media_type"] = event.media_type
            file["size_bytes"] = event.size_bytes
            file["screened_at"] = event.screened_at
        case DocumentAccepted():
            file = _file(section, event.document_id, event.kind, "accepted")
            file["decided_at"] = event.accepted_at
            file["decided_by"] = event.accepted_by
        case DocumentRejected():
            file = _file(section, event.document_id, event.kind, "rejected")
            file["reason_code"] = event.reason_code
            file["decided_at"] = event.rejected_at
            file["decided_by"] = event.rejected_by
        case DocumentSuperseded():
            _file(section, event.document_id, event.kind, "superseded")


def _file(section: DossierSection, document_id: UUID, kind: str, state: FileState) -> DossierFile:
    """The file in its new state, made when there is none."""
    files = section.setdefault("documents", {})
    file = files.setdefault(str(document_id), {"kind": kind, "state": state, "reason_code": None})
    file["state"] = state
    return file
