"""Validation errors as one entry per field: a stable code, a message in the caller's language.

The refused values are never repeated: they may be personal, and the caller has them.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, get_args

from pydantic_core.core_schema import ErrorType

from vinculo.httpapi.languages import Language
from vinculo.httpapi.problems import FieldError

MOST_ERRORS = 50
LONGEST_FIELD = 200

_PYDANTIC_TYPES: Final = frozenset(get_args(ErrorType))

_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "required",
        "extra_forbidden": "unknown_field",
        "string_too_short": "too_short",
        "string_too_long": "too_long",
        "too_short": "too_few",
        "too_long": "too_many",
        "string_pattern_mismatch": "wrong_format",
        "string_unicode": "wrong_format",
        "string_type": "not_text",
        "int_type": "not_whole_number",
        "int_parsing": "not_whole_number",
        "int_from_float": "not_whole_number",
        "int_parsing_size": "out_of_range",
        "float_type": "not_number",
        "float_parsing": "not_number",
        "decimal_parsing": "not_number",
        "finite_number": "not_number",
        "bool_type": "not_boolean",
        "bool_parsing": "not_boolean",
        "enum": "not_allowed",
        "literal_error": "not_allowed",
        "union_tag_invalid": "not_allowed",
        "greater_than": "out_of_range",
        "greater_than_equal": "out_of_range",
        "less_than": "out_of_range",
        "less_than_equal": "out_of_range",
        "list_type": "not_list",
        "tuple_type": "not_list",
        "dict_type": "not_object",
        "model_type": "not_object",
        "model_attributes_type": "not_object",
        "timezone_aware": "time_zone_missing",
    }
)

_FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "date_": "not_date",
        "datetime_": "not_moment",
        "timezone_": "not_moment",
        "uuid_": "not_uuid",
        "url_": "not_url",
        "decimal_": "out_of_range",
    }
)

_MESSAGES: Final[Mapping[str, Mapping[Language, str]]] = MappingProxyType(
    {
        "required": {"es": "Es obligatorio", "en": "Is required"},
        "unknown_field": {"es": "Este campo no existe", "en": "There is no such field"},
        "too_short": {
            "es": "Debe tener al menos {min_length} caracteres",
            "en": "Must have at least {min_length} characters",
        },
        "too_long": {
            "es": "Debe tener como máximo {max_length} caracteres",
            "en": "Must have at most {max_length} characters",
        },
        "too_few": {
            "es": "Debe tener al menos {min_length} elementos",
            "en": "Must have at least {min_length} items",
        },
        "too_many": {
            "es": "Debe tener como máximo {max_length} elementos",
            "en": "Must have at most {max_length} items",
        },
        "wrong_format": {"es": "No tiene el formato esperado", "en": "Is not in the right format"},
        "not_text": {"es": "Debe ser texto", "en": "Must be text"},
        "not_whole_number": {"es": "Debe ser un número entero", "en": "Must be a whole number"},
        "not_number": {"es": "Debe ser un número", "en": "Must be a number"},
        "not_boolean": {"es": "Debe ser verdadero o falso", "en": "Must be true or false"},
        "not_allowed": {"es": "No es uno de los valores posibles", "en": "Is not a possible value"},
        "out_of_range": {"es": "Está fuera del rango permitido", "en": "Is out of range"},
        "not_list": {"es": "Debe ser una lista", "en": "Must be a list"},
        "not_object": {"es": "Debe ser un objeto", "en": "Must be an object"},
        "not_date": {"es": "Debe ser una fecha (AAAA-MM-DD)", "en": "Must be a date (YYYY-MM-DD)"},
        "not_moment": {
            "es": "Debe ser fecha y hora según RFC 3339",
            "en": "Must be a date and time as in RFC 3339",
        },
        "time_zone_missing": {"es": "Falta la zona horaria", "en": "The time zone is missing"},
        "not_uuid": {"es": "Debe ser un UUID", "en": "Must be a UUID"},
        "not_url": {"es": "Debe ser una dirección web", "en": "Must be a web address"},
        "invalid": {"es": "No es válido", "en": "Is not valid"},
    }
)


def field_errors(
    errors: Sequence[Any], language: Language, own: Mapping[str, Mapping[str, str]]
) -> tuple[FieldError, ...]:
    """Pydantic's errors in our words.

    A validator's own code comes from `PydanticCustomError("document-number-wrong", …)`; its message
    from the service's titles, where they have one for the code.
    """
    return tuple(_field_error(error, language, own) for error in errors[:MOST_ERRORS])


def _field_error(
    error: Mapping[str, Any], language: Language, own: Mapping[str, Mapping[str, str]]
) -> FieldError:
    code = _code(str(error["type"]))
    template = (
        own.get(code, {}).get(language) or _MESSAGES.get(code, _MESSAGES["invalid"])[language]
    )
    return FieldError(_field(error.get("loc", ())), code, _filled(template, error.get("ctx") or {}))


def _code(pydantic_type: str) -> str:
    if pydantic_type not in _PYDANTIC_TYPES:
        return pydantic_type
    if pydantic_type in _CODES:
        return _CODES[pydantic_type]
    for family, code in _FAMILIES.items():
        if pydantic_type.startswith(family):
            return code
    return "invalid"


def _field(location: Sequence[int | str]) -> str:
    """`consents.0.purpose`, without the leading `body`; a parameter keeps its name alone."""
    parts = (
        location[1:]
        if location and location[0] in {"body", "query", "path", "header"}
        else location
    )
    return ".".join(str(part) for part in parts)[:LONGEST_FIELD]


def _filled(template: str, context: Mapping[str, Any]) -> str:
    for name in ("min_length", "max_length"):
        template = template.replace(f"{{{name}}}", str(context.get(name, "")))
    return template
