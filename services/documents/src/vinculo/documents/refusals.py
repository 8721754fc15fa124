"""Which refusal is which problem over HTTP, and what people are told, in both languages."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from vinculo.documents.cursors import CursorUnreadable
from vinculo.documents.domain.dossier_commands import (
    DocumentNotScreened,
    DocumentRejectedAlready,
    DocumentReplaced,
    DocumentUnknown,
    DossierNotOpen,
    KindNotRequired,
)
from vinculo.documents.object_store import ObjectStoreUnavailable, ObjectTooLarge
from vinculo.documents.people_access import PersonBlocked, PersonErased
from vinculo.documents.reviewing import OwnDossier
from vinculo.documents.screener import ScreeningTooSlow
from vinculo.documents.upload_completion import FileNotUploaded, UploadUnknown
from vinculo.documents.uploads import AnotherUpload, TooManyUploads
from vinculo.httpapi import Problem

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

TITLES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "dossier-not-open": {
            "es": "Su expediente se está abriendo; intente de nuevo en un momento",
            "en": "Your dossier is being opened; try again in a moment",
        },
        "too-many-uploads": {
            "es": "Hay demasiadas cargas sin terminar; intente más tarde",
            "en": "Too many uploads are unfinished; try again later",
        },
        "kind-not-required": {
            "es": "No se pide un documento de este tipo",
            "en": "No document of this kind is asked for",
        },
        "cursor-unreadable": {
            "es": "El cursor no es de esta lista",
            "en": "The cursor is not of this list",
        },
        "upload-unknown": {"es": "No existe esta carga", "en": "There is no such upload"},
        "file-not-uploaded": {
            "es": "El archivo todavía no ha llegado",
            "en": "The file has not arrived yet",
        },
        "files-unavailable": {
            "es": "Los archivos no están disponibles en este momento",
            "en": "Files are not available at this moment",
        },
        "screening-busy": {
            "es": "El archivo se está revisando; intente de nuevo en un momento",
            "en": "The file is being checked; try again in a moment",
        },
        "file-too-large": {"es": "El archivo es demasiado grande", "en": "The file is too large"},
        "document-unknown": {
            "es": "No existe este documento",
            "en": "There is no such document",
        },
        "document-not-screened": {
            "es": "El documento no ha pasado la revisión del archivo",
            "en": "The document's file has not been found fit",
        },
        "document-replaced": {
            "es": "Un documento más reciente tomó su lugar",
            "en": "A newer document has taken its place",
        },
        "document-rejected-already": {
            "es": "El documento ya fue rechazado; hace falta uno nuevo",
            "en": "The document was rejected already; a new one is needed",
        },
        "own-dossier": {
            "es": "Nadie revisa sus propios documentos",
            "en": "Nobody reviews their own documents",
        },
        "person-unknown": {
            "es": "No hay expediente de esta persona",
            "en": "There is no dossier of this person",
        },
        "person-blocked": {
            "es": "Por ahora no se reciben documentos",
            "en": "No documents are taken at present",
        },
        "person-erased": {
            "es": "Los datos de esta persona fueron borrados",
            "en": "This person's data were erased",
        },
    }
)
