"""Titles of the problems that every service has, in both languages."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from vinculo.httpapi.languages import DEFAULT, Language

Titles = Mapping[str, Mapping[str, str]]
"""Slug → language → title."""

TITLES: Final[Titles] = MappingProxyType(
    {
        "body-malformed": {
            "es": "El cuerpo no es JSON válido",
            "en": "The body is not valid JSON",
        },
        "body-too-large": {
            "es": "El cuerpo es demasiado grande",
            "en": "The body is too large",
        },
        "body-too-slow": {
            "es": "El cuerpo no llegó a tiempo",
            "en": "The body did not arrive in time",
        },
        "content-type-unsupported": {
            "es": "El cuerpo debe ser application/json en UTF-8",
            "en": "The body must be application/json in UTF-8",
        },
        "forbidden": {
            "es": "No tiene permiso para hacer esto",
            "en": "You are not allowed to do this",
        },
        "idempotency-key-invalid": {
            "es": "Idempotency-Key debe tener de 1 a 255 caracteres ASCII visibles",
            "en": "Idempotency-Key must have 1 to 255 visible ASCII characters",
        },
        "idempotency-key-reused": {
            "es": "Esta Idempotency-Key ya se usó con otro cuerpo",
            "en": "This Idempotency-Key was used with another body",
        },
        "if-match-invalid": {
            "es": "If-Match debe llevar una versión",
            "en": "If-Match must carry one version",
        },
        "if-match-required": {
            "es": "Falta If-Match con la versión que se quiere cambiar",
            "en": "If-Match with the version to be changed is missing",
        },
        "internal-error": {
            "es": "Algo falló de nuestro lado",
            "en": "Something failed on our side",
        },
        "keys-unavailable": {
            "es": "No se puede verificar la sesión en este momento",
            "en": "The session cannot be verified at this moment",
        },
        "method-not-allowed": {
            "es": "Este método no se permite aquí",
            "en": "This method is not allowed here",
        },
        "not-found": {"es": "No existe", "en": "Not found"},
        "not-ready": {"es": "El servicio aún no está listo", "en": "The service is not ready"},
        "nul-character": {
            "es": "El carácter NUL no se acepta",
            "en": "The NUL character is not accepted",
        },
        "request-in-flight": {
            "es": "La misma petición se está atendiendo",
            "en": "The same request is being answered",
        },
        "request-invalid": {
            "es": "Hay campos por corregir",
            "en": "Some fields need correction",
        },
        "stream-changed": {
            "es": "Otra persona lo cambió al mismo tiempo",
            "en": "Someone else changed it at the same time",
        },
        "token-invalid": {
            "es": "La sesión no es válida o terminó",
            "en": "The session is not valid or has ended",
        },
        "token-missing": {"es": "Inicie sesión", "en": "Sign in first"},
        "version-changed": {
            "es": "Cambió desde la versión indicada en If-Match",
            "en": "It has changed since the version given in If-Match",
        },
    }
)


def title_of(slug: str, status: int, language: Language, own: Titles) -> str:
    """The service's own title, else the common one, else the status's standard phrase."""
    by_language = own.get(slug) or TITLES.get(slug) or {}
    title = by_language.get(language) or by_language.get(DEFAULT)
    if title:
        return title
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return slug
