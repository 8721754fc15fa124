"""Bodies and answers over HTTP."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vinculo.contracts.documents import DocumentKind

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
