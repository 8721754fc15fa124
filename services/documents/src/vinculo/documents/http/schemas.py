"""Bodies and answers over HTTP."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vinculo.contracts.documents import DocumentKind
from vinculo.documents.application.dossier_queries import ReadDossier
from vinculo.documents.domain.dossier import DocumentState, Requirement

MediaType: TypeAlias = Literal["application/pdf", "image/jpeg", "image/png"]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UploadBody(Body):
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    media_type: MediaType
    size_bytes: Annotated[int, Field(strict=True, ge=1, lt=2**63)]


class RejectionReason(StrEnum):
    ILLEGIBLE = "illegible"
    WRONG_DOCUMENT = "wrong_document"
    EXPIRED = "expired"
    INCOMPLETE = "incomplete"
    OTHER = "other"


Note: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)
]


class RejectionBody(Body):
    reason_code: RejectionReason
    note: Note | None = None


class DemandBody(Body):
    """What the dossier is to hold besides; `note` tells the person what exactly is meant."""

    kind: DocumentKind
    note: Note | None = None


class UploadAnswer(BaseModel):
    """Send `fields` and then the file, as field `file`, in a multipart form to `url`."""

    upload_id: UUID
    url: str
    fields: dict[str, str]
    expires_at: datetime


class CompletionAnswer(BaseModel):
    document_id: UUID
    state: Literal["screened", "failed"]
    reason: str | None = None


class DownloadLinkAnswer(BaseModel):
    url: str
    expires_at: datetime


class RequirementAnswer(BaseModel):
    """`reason` tells why the last document for it was rejected or unfit, `note` what is meant."""

    code: str
    kinds: tuple[str, ...]
    state: Literal["missing", "received", "screened", "accepted", "rejected"]
    reason: str | None = None
    note: str | None = None


class DocumentAnswer(BaseModel):
    document_id: UUID
    kind: str
    media_type: str
    size_bytes: int
    received_at: datetime
    state: str
    reason: str | None = None
    note: str | None = None


class DossierAnswer(BaseModel):
    status: Literal["open", "submitted", "accepted"]
    requirements: list[RequirementAnswer]
    documents: list[DocumentAnswer]


class PersonDossierAnswer(DossierAnswer):
    person_id: UUID
    version: int


class WaitingDossierAnswer(BaseModel):
    person_id: UUID
    submitted_at: datetime
    document_count: int


class ReviewQueueAnswer(BaseModel):
    items: list[WaitingDossierAnswer]
    next_cursor: str | None


class Done(BaseModel):
    pass


def dossier_fields(dossier: ReadDossier) -> dict[str, Any]:
    """Give the fields of a DossierAnswer."""
    view = dossier.view
    return {
        "status": view.stage.value,
        "requirements": [_requirement(dossier, each) for each in view.requirements],
        "documents": [
            DocumentAnswer(
                document_id=each.document_id,
                kind=each.kind,
                media_type=each.media_type,
                size_bytes=each.size_bytes,
                received_at=each.received_at,
                state=each.state.value,
                reason=each.reason,
                note=dossier.notes.get(each.document_id),
            )
            for each in view.documents
        ],
    }


def _requirement(dossier: ReadDossier, requirement: Requirement) -> RequirementAnswer:
    """A file that was unfit leaves its requirement missing, with the reason why."""
    telling = dossier.view.standing(requirement)
    state, reason = "missing", None
    if telling is not None:
        state = "missing" if telling.state is DocumentState.FAILED else telling.state.value
        reason = telling.reason
    return RequirementAnswer.model_validate(
        {
            "code": requirement.code,
            "kinds": requirement.kinds,
            "state": state,
            "reason": reason,
            "note": dossier.notes.get(requirement.code),
        }
    )
