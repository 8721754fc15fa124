"""Request and response bodies, and the responses that show a dossier."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vinculo.contracts.documents import DocumentKind
from vinculo.documents.application.dossier_queries import ReadableDossier
from vinculo.documents.domain.dossier import Requirement
from vinculo.documents.messages import MESSAGES
from vinculo.translation import Language

KIND: Final = "document-kind"
REASON: Final = "reason"
"""Contexts of the message catalogue, whose keys are codes."""

MediaType: TypeAlias = Literal["application/pdf", "image/jpeg", "image/png"]
Note: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)
]


class RequestBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UploadBody(RequestBody):
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    media_type: MediaType
    size_bytes: Annotated[int, Field(strict=True, ge=1, lt=2**63)]


class RejectionReason(StrEnum):
    ILLEGIBLE = "illegible"
    WRONG_DOCUMENT = "wrong_document"
    EXPIRED = "expired"
    INCOMPLETE = "incomplete"
    OTHER = "other"


class RejectionBody(RequestBody):
    reason_code: RejectionReason
    note: Note | None = None


class DemandBody(RequestBody):
    """A kind of document to require of the person; `note` describes it to them."""

    kind: DocumentKind
    note: Note | None = None


class UploadLimitsAnswer(BaseModel):
    """What a file may have; `max_pages` is of a PDF, larger pictures than the limit are refused."""

    media_types: list[str]
    max_file_bytes: int
    max_megapixels: int
    max_pages: int


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
    """`reason` says why the last document failed; `note` describes a demanded document."""

    code: str
    kinds: tuple[str, ...]
    kinds_in_words: tuple[str, ...]
    state: Literal["missing", "received", "screened", "accepted", "rejected"]
    reason: str | None = None
    reason_in_words: str | None = None
    note: str | None = None


class DocumentAnswer(BaseModel):
    document_id: UUID
    kind: str
    kind_in_words: str
    media_type: str
    size_bytes: int
    received_at: datetime
    state: str
    reason: str | None = None
    reason_in_words: str | None = None
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


def dossier_fields(dossier: ReadableDossier, language: Language) -> dict[str, Any]:
    """The fields of a DossierAnswer, with words for codes in the language."""
    view = dossier.view
    return {
        "status": view.status.value,
        "requirements": [
            _requirement(dossier, requirement, language) for requirement in view.requirements
        ],
        "documents": [
            DocumentAnswer(
                document_id=document.document_id,
                kind=document.kind,
                kind_in_words=MESSAGES.label(KIND, document.kind, language),
                media_type=document.media_type,
                size_bytes=document.size_bytes,
                received_at=document.received_at,
                state=document.state.value,
                reason=document.reason,
                reason_in_words=_reason_in_words(document.reason, language),
                note=dossier.notes.get(document.document_id),
            )
            for document in view.documents
        ],
    }


def _requirement(
    dossier: ReadableDossier, requirement: Requirement, language: Language
) -> RequirementAnswer:
    state = dossier.view.state_of(requirement)
    return RequirementAnswer.model_validate(
        {
            "code": requirement.code,
            "kinds": requirement.kinds,
            "kinds_in_words": [MESSAGES.label(KIND, kind, language) for kind in requirement.kinds],
            "state": state.state,
            "reason": state.reason,
            "reason_in_words": _reason_in_words(state.reason, language),
            "note": dossier.notes.get(requirement.code),
        }
    )


def _reason_in_words(code: str | None, language: Language) -> str | None:
    return None if code is None else MESSAGES.label(REASON, code, language)
