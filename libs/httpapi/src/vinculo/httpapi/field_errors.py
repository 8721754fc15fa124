"""Translates validation errors: per field a stable code and a message in the caller's language.

Invalid values are never repeated in the response, because they may be personal.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, get_args

from pydantic_core.core_schema import ErrorType

from vinculo.httpapi.catalogue import FIELD_ERROR
from vinculo.httpapi.problems import FieldError, UntranslatedError
from vinculo.translation import Catalogue, Language

MAX_ERRORS = 50
MAX_FIELD_LENGTH = 200

_QUOTED: Final = re.compile(r"'([^']*)'")

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

_CODES_BY_PREFIX: Final[Mapping[str, str]] = MappingProxyType(
    {
        "date_": "not_date",
        "datetime_": "not_moment",
        "timezone_": "not_moment",
        "uuid_": "not_uuid",
        "url_": "not_url",
        "decimal_": "out_of_range",
    }
)


def field_errors(
    errors: Sequence[Any], language: Language, catalogue: Catalogue
) -> tuple[FieldError, ...]:
    """Pydantic's errors as field errors, at most `MAX_ERRORS`.

    A validator sets its own code with `PydanticCustomError("document_number_wrong", …)`. A code
    without a message in the catalogue has the message of `invalid`.
    """
    return tuple(_field_error(error, language, catalogue) for error in errors[:MAX_ERRORS])


def translated_error(
    error: FieldError | UntranslatedError, language: Language, catalogue: Catalogue
) -> FieldError:
    """The error with its message.

    Raises:
        KeyError: the catalogue has no message for the code.

    """
    if isinstance(error, FieldError):
        return error
    message = catalogue.text(FIELD_ERROR, error.code, language, **error.values)
    return FieldError(error.field, error.code, message)


def _field_error(error: Mapping[str, Any], language: Language, catalogue: Catalogue) -> FieldError:
    code = _code(str(error["type"]))
    template = catalogue.find(FIELD_ERROR, code, language) or catalogue.text(
        FIELD_ERROR, "invalid", language
    )
    return FieldError(
        _field(error.get("loc", ())), code, _fill_in(template, error.get("ctx") or {})
    )


def _code(pydantic_type: str) -> str:
    if pydantic_type not in _PYDANTIC_TYPES:
        return pydantic_type
    if pydantic_type in _CODES:
        return _CODES[pydantic_type]
    for prefix, code in _CODES_BY_PREFIX.items():
        if pydantic_type.startswith(prefix):
            return code
    return "invalid"


def _field(location: Sequence[int | str]) -> str:
    """The location as `consents.0.purpose`, without a leading `body`, `query`, `path`, `header`."""
    parts = (
        location[1:]
        if location and location[0] in {"body", "query", "path", "header"}
        else location
    )
    return ".".join(str(part) for part in parts)[:MAX_FIELD_LENGTH]


def _fill_in(template: str, context: Mapping[str, Any]) -> str:
    for name in ("min_length", "max_length"):
        template = template.replace(f"{{{name}}}", str(context.get(name, "")))
    return template.replace("{expected}", _expected(context))


def _expected(context: Mapping[str, Any]) -> str:
    """The accepted codes, which Pydantic writes as `'one', 'two' or 'three'`."""
    expected = str(context.get("expected") or context.get("expected_tags") or "")
    return ", ".join(_QUOTED.findall(expected)) or expected
