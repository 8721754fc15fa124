"""Which refusal becomes which HTTP problem. The titles are in the message catalogue."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from vinculo.documents.application.claim_files import TooManyClaimFiles
from vinculo.documents.application.dossier_queries import PersonUnknown
from vinculo.documents.application.download_links import OwnClaim
from vinculo.documents.application.previews import PageUnknown, PreviewImpossible
from vinculo.documents.application.review import OwnDossier
from vinculo.documents.application.upload_completion import (
    FileNotUploaded,
    FileTooLarge,
    UploadUnknown,
)
from vinculo.documents.domain.dossier import DocumentState
from vinculo.documents.domain.dossier_decisions import (
    DocumentNotScreened,
    DocumentRejectedAlready,
    DocumentReplaced,
    DocumentUnknown,
    DossierGone,
    DossierNotOpen,
    KindNotRequired,
    NoteIsMissing,
)
from vinculo.documents.screening.screener import ScreeningError
from vinculo.documents.storage.claims import ClaimEnded, ClaimNotReceivedYet, ClaimUnknown
from vinculo.documents.storage.object_store import ObjectStoreUnavailableError
from vinculo.documents.storage.person_access import PersonBlocked, PersonErased
from vinculo.documents.storage.uploads import TooManyUploads, UploadIdReused
from vinculo.httpapi import Problem, ProblemType, responds_with
from vinculo.httpapi.cursors import CursorUnreadable


def _retry(status: int, slug: str, *, after_seconds: int) -> Callable[[Any], Problem]:
    @responds_with(ProblemType(status, slug, retry_after=True))
    def respond(_: Exception) -> Problem:
        return Problem(status, slug, retry_after_seconds=after_seconds)

    return respond


@responds_with(
    ProblemType(
        413,
        "file-too-large",
        members={"max_file_bytes": {"type": "integer", "description": "The largest file."}},
    )
)
def _file_too_large(refusal: FileTooLarge) -> Problem:
    return Problem(413, "file-too-large", extensions={"max_file_bytes": refusal.max_bytes})


ACCESS_REFUSALS: Final = (PersonBlocked, PersonErased, PersonUnknown)
CLAIM_REFUSALS: Final = (ClaimEnded, ClaimNotReceivedYet, ClaimUnknown)
DOSSIER_CHANGED: Final = ProblemType(
    412,
    "version-changed",
    members={
        "version": {"type": "integer", "description": "The version that the dossier has now."},
        "documents": {
            "type": "array",
            "description": "The documents of the dossier and their present states.",
            "items": {
                "type": "object",
                "required": ["document_id", "kind", "state"],
                "properties": {
                    "document_id": {"type": "string", "format": "uuid"},
                    "kind": {"type": "string"},
                    "state": {"type": "string", "enum": [state.value for state in DocumentState]},
                },
            },
        },
    },
)
LINK_REFUSALS: Final = (
    DocumentNotScreened,
    DocumentUnknown,
    PersonErased,
    ObjectStoreUnavailableError,
)
PREVIEW_REFUSALS: Final = (*LINK_REFUSALS, PageUnknown, PreviewImpossible, ScreeningError)
REVIEW_REFUSALS: Final = (
    DocumentNotScreened,
    DocumentRejectedAlready,
    DocumentReplaced,
    DocumentUnknown,
    DossierNotOpen,
    OwnDossier,
    PersonErased,
)


REFUSALS: Final[Mapping[type[Exception], tuple[int, str] | Callable[[Any], Problem]]] = (
    MappingProxyType(
        {
            ClaimEnded: (409, "document-claim-ended"),
            ClaimNotReceivedYet: _retry(409, "document-claim-not-ready", after_seconds=1),
            ClaimUnknown: (404, "document-claim-unknown"),
            CursorUnreadable: (400, "cursor-unreadable"),
            DocumentNotScreened: (409, "document-not-screened"),
            DocumentRejectedAlready: (409, "document-rejected-already"),
            DocumentReplaced: (409, "document-replaced"),
            DocumentUnknown: (404, "document-unknown"),
            NoteIsMissing: (422, "note-missing"),
            DossierGone: (410, "person-erased"),
            DossierNotOpen: _retry(409, "dossier-not-open", after_seconds=1),
            FileNotUploaded: (409, "file-not-uploaded"),
            FileTooLarge: _file_too_large,
            KindNotRequired: (422, "kind-not-required"),
            ObjectStoreUnavailableError: _retry(503, "files-unavailable", after_seconds=5),
            OwnClaim: (403, "own-record"),
            OwnDossier: (403, "own-dossier"),
            PageUnknown: (404, "page-unknown"),
            PersonBlocked: (403, "person-blocked"),
            PersonErased: (410, "person-erased"),
            PersonUnknown: (404, "person-unknown"),
            PreviewImpossible: (422, "preview-impossible"),
            ScreeningError: _retry(503, "preview-busy", after_seconds=5),
            TooManyClaimFiles: (409, "too-many-claim-files"),
            TooManyUploads: _retry(429, "too-many-uploads", after_seconds=60),
            UploadIdReused: (422, "idempotency-key-reused"),
            UploadUnknown: (404, "upload-unknown"),
        }
    )
)
