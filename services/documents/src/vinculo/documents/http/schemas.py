"""Request and response bodies, and the responses that show a dossier."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from vinculo.contracts.documents import DocumentKind
from vinculo.documents.application.dossier_queries import ReadableDossier
from vinculo.documents.domain.dossier import Requirement
from vinculo.documents.messages import MESSAGES
from vinculo.documents.screening.criteria import CONTENT_LIMITS, SIGNATURES
from vinculo.documents.storage.object_store import UploadForm
from vinculo.documents.storage.uploads import RECEIVED, Upload
from vinculo.translation import Language

KIND: Final = "document-kind"
REASON: Final = "reason"
"""Contexts of the message catalogue, whose keys are codes."""

RETRY_AFTER_SECONDS: Final = 1

HEIC_TYPES: Final = re.compile(r"image/hei[cf](-sequence)?", re.IGNORECASE)
HEIC_NOT_ACCEPTED: Final = "heic_not_accepted"
MEDIA_TYPE_NOT_ACCEPTED: Final = "media_type_not_accepted"
MEDIA_TYPE_CODES: Final = (HEIC_NOT_ACCEPTED, MEDIA_TYPE_NOT_ACCEPTED)


def _accepted_media_type(value: object) -> object:
    """Refuse what people send by mistake with words that help, before any byte is uploaded."""
    if not isinstance(value, str) or value in SIGNATURES:
        return value
    if HEIC_TYPES.fullmatch(value.strip()):
        raise PydanticCustomError(HEIC_NOT_ACCEPTED, "HEIC is not accepted")
    raise PydanticCustomError(MEDIA_TYPE_NOT_ACCEPTED, "media type not accepted")


MediaType: TypeAlias = Annotated[
    Literal["application/pdf", "image/jpeg", "image/png"], BeforeValidator(_accepted_media_type)
]
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


UploadState: TypeAlias = Literal["announced", "received", "screened", "failed"]


class DocumentUploadAnswer(BaseModel):
    """`received` waits for its screening; `reason` says why a file failed it.

    `document_id` is the id of the upload.
    """

    document_id: UUID
    state: UploadState
    reason: str | None = None
    reason_in_words: str | None = None


class ClaimUploadBody(RequestBody):
    media_type: MediaType
    size_bytes: Annotated[int, Field(strict=True, ge=1, lt=2**63)]


class ClaimFileAnswer(BaseModel):
    """`size_bytes` as announced; `reason` says why a file failed the screening."""

    file_id: UUID
    media_type: str
    size_bytes: int
    sent_at: datetime
    state: Literal["received", "screened", "failed"]
    reason: str | None = None
    reason_in_words: str | None = None


class ClaimFilesAnswer(BaseModel):
    """Failed files do not count towards `max_files`."""

    items: list[ClaimFileAnswer]
    max_files: int
    limits: UploadLimitsAnswer


class ClaimUploadAnswer(BaseModel):
    """As a `DocumentUploadAnswer`; `file_id` is the id of the upload."""

    file_id: UUID
    state: UploadState
    reason: str | None = None
    reason_in_words: str | None = None


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


def upload_limits(max_file_bytes: int) -> UploadLimitsAnswer:
    return UploadLimitsAnswer(
        media_types=list(SIGNATURES),
        max_file_bytes=max_file_bytes,
        max_megapixels=CONTENT_LIMITS.pixels // 1_000_000,
        max_pages=CONTENT_LIMITS.pages,
    )


def upload_answer(upload: Upload, form: UploadForm) -> UploadAnswer:
    return UploadAnswer(
        upload_id=upload.upload_id,
        url=form.url,
        fields=form.fields,
        expires_at=upload.expires_at,
    )


def upload_state(upload: Upload, language: Language, response: Response) -> dict[str, Any]:
    """State and reason; while there is no result, the response says when to ask again."""
    response.headers["cache-control"] = "no-store"
    if upload.state == RECEIVED:
        response.headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    return {
        "state": upload.state,
        "reason": upload.reason_code,
        "reason_in_words": reason_in_words(upload.reason_code, language),
    }


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
                reason_in_words=reason_in_words(document.reason, language),
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
            "reason_in_words": reason_in_words(state.reason, language),
            "note": dossier.notes.get(requirement.code),
        }
    )


def reason_in_words(code: str | None, language: Language) -> str | None:
    return None if code is None else MESSAGES.label(REASON, code, language)
