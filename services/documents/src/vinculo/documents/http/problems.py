"""Which refusal becomes which HTTP problem. The titles are in the message catalogue."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from vinculo.documents.application.dossier_queries import PersonUnknown
from vinculo.documents.application.review import CursorUnreadable, OwnDossier
from vinculo.documents.application.uploads import FileNotUploaded, FileTooLarge, UploadUnknown
from vinculo.documents.domain.dossier_decisions import (
    DocumentAcceptedAlready,
    DocumentNotScreened,
    DocumentRejectedAlready,
    DocumentReplaced,
    DocumentUnknown,
    DossierGone,
    DossierNotOpen,
    KindNotRequired,
)
from vinculo.documents.screening.screener import ScreeningError
from vinculo.documents.storage.object_store import ObjectStoreUnavailableError
from vinculo.documents.storage.person_access import PersonBlocked, PersonErased
from vinculo.documents.storage.uploads import TooManyUploads, UploadIdReused
from vinculo.httpapi import Problem


def _retry(status: int, slug: str, *, after_seconds: int) -> Callable[[Any], Problem]:
    return lambda _: Problem(status, slug, retry_after_seconds=after_seconds)


REFUSALS: Final[Mapping[type[Exception], tuple[int, str] | Callable[[Any], Problem]]] = (
    MappingProxyType(
        {
            CursorUnreadable: (400, "cursor-unreadable"),
            DocumentAcceptedAlready: (409, "document-accepted-already"),
            DocumentNotScreened: (409, "document-not-screened"),
            DocumentRejectedAlready: (409, "document-rejected-already"),
            DocumentReplaced: (409, "document-replaced"),
            DocumentUnknown: (404, "document-unknown"),
            DossierGone: (410, "person-erased"),
            DossierNotOpen: _retry(409, "dossier-not-open", after_seconds=1),
            FileNotUploaded: (409, "file-not-uploaded"),
            FileTooLarge: (413, "file-too-large"),
            KindNotRequired: (422, "kind-not-required"),
            ObjectStoreUnavailableError: _retry(503, "files-unavailable", after_seconds=5),
            OwnDossier: (403, "own-dossier"),
            PersonBlocked: (403, "person-blocked"),
            PersonErased: (410, "person-erased"),
            PersonUnknown: (404, "person-unknown"),
            ScreeningError: _retry(503, "screening-busy", after_seconds=5),
            TooManyUploads: _retry(429, "too-many-uploads", after_seconds=60),
            UploadIdReused: (422, "idempotency-key-reused"),
            UploadUnknown: (404, "upload-unknown"),
        }
    )
)
