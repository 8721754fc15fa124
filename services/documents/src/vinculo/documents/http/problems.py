"""Which refusal is which problem over HTTP, and what people are told, in both languages."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from vinculo.documents.application.review import CursorUnreadable, OwnDossier
from vinculo.documents.application.uploads import FileNotUploaded, UploadUnknown
from vinculo.documents.domain.dossier_decisions import (
    DocumentNotScreened,
    DocumentRejectedAlready,
    DocumentReplaced,
    DocumentUnknown,
    DossierNotOpen,
    KindNotRequired,
)
from vinculo.documents.screening.screener import ScreeningTooSlow
from vinculo.documents.storage.object_store import ObjectStoreUnavailable, ObjectTooLarge
from vinculo.documents.storage.person_access import PersonBlocked, PersonErased
from vinculo.documents.storage.uploads import AnotherUpload, TooManyUploads
from vinculo.httpapi import Problem
from vinculo.translation import load_catalogue

OPENS_WITHIN_SECONDS = "1"
ROOM_WITHIN_SECONDS = "60"
UP_WITHIN_SECONDS = "5"

REFUSALS: Final[Mapping[type[Exception], tuple[int, str] | Callable[[Any], Problem]]] = (
    MappingProxyType(
        {
            DossierNotOpen: lambda _: Problem(
                409, "dossier-not-open", headers={"retry-after": OPENS_WITHIN_SECONDS}
            ),
            TooManyUploads: lambda _: Problem(
                429, "too-many-uploads", headers={"retry-after": ROOM_WITHIN_SECONDS}
            ),
            KindNotRequired: (422, "kind-not-required"),
            AnotherUpload: (422, "idempotency-key-reused"),
            CursorUnreadable: (400, "cursor-unreadable"),
            UploadUnknown: (404, "upload-unknown"),
            FileNotUploaded: (409, "file-not-uploaded"),
            ObjectStoreUnavailable: lambda _: Problem(
                503, "files-unavailable", headers={"retry-after": UP_WITHIN_SECONDS}
            ),
            ScreeningTooSlow: lambda _: Problem(
                503, "screening-busy", headers={"retry-after": UP_WITHIN_SECONDS}
            ),
            ObjectTooLarge: (413, "file-too-large"),
            DocumentUnknown: (404, "document-unknown"),
            DocumentNotScreened: (409, "document-not-screened"),
            DocumentReplaced: (409, "document-replaced"),
            DocumentRejectedAlready: (409, "document-rejected-already"),
            OwnDossier: (403, "own-dossier"),
            PersonBlocked: (403, "person-blocked"),
            PersonErased: (410, "person-erased"),
        }
    )
)

MESSAGES: Final = load_catalogue("vinculo.documents")
