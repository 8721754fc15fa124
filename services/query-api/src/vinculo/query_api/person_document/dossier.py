"""The document's part `dossier`: requirements, files and their review."""

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
from vinculo.query_api.mongo import Document


def fold_dossier(part: Document, event: Facts) -> None:
    match event:
        case DossierOpened():
            part["state"] = "open"
            part["requirements"] = [
                {"code": requirement.code, "kinds": list(requirement.kinds)}
                for requirement in event.requirements
            ]
            part["opened_at"] = event.opened_at
        case DocumentDemanded():
            part["state"] = "open"
            part.setdefault("requirements", []).append({"code": event.kind, "kinds": [event.kind]})
        case DossierSubmitted():
            part["state"] = "submitted"
            part["submitted_at"] = event.submitted_at
        case DossierAccepted():
            part["state"] = "accepted"
            part["accepted_at"] = event.accepted_at
        case DossierReopened():
            part["state"] = "open"
        case _:
            _fold_file(part, event)


def _fold_file(part: Document, event: Facts) -> None:
    match event:
        case DocumentReceived():
            file = _file(part, event.document_id, event.kind)
            file["state"] = "received"
            file["media_type"] = event.media_type
            file["size_bytes"] = event.size_bytes
            file["received_at"] = event.received_at
        case DocumentFailedScreening():
            file = _file(part, event.document_id, event.kind)
            file["state"] = "failed"
            file["reason_code"] = event.reason_code
            file["screened_at"] = event.failed_at
        case DocumentScreened():
            file = _file(part, event.document_id, event.kind)
            file["state"] = "screened"
            file["media_type"] = event.media_type
            file["size_bytes"] = event.size_bytes
            file["screened_at"] = event.screened_at
        case DocumentAccepted():
            file = _file(part, event.document_id, event.kind)
            file["state"] = "accepted"
            file["decided_at"] = event.accepted_at
            file["decided_by"] = event.accepted_by
        case DocumentRejected():
            file = _file(part, event.document_id, event.kind)
            file["state"] = "rejected"
            file["reason_code"] = event.reason_code
            file["decided_at"] = event.rejected_at
            file["decided_by"] = event.rejected_by
        case DocumentSuperseded():
            _file(part, event.document_id, event.kind)["state"] = "superseded"


def _file(part: Document, document_id: UUID, kind: str) -> Document:
    files: dict[str, Document] = part.setdefault("documents", {})
    return files.setdefault(str(document_id), {"kind": kind, "reason_code": None})
