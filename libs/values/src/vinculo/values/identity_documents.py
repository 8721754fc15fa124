"""The catalogue of identity documents, and one form for each of their numbers."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vinculo.values.check_digits import Validate, compact_number
from vinculo.values.invalid_value import InvalidValue

_PUNCTUATION: Final = re.compile(r"[\s.,'’·]+")  # noqa: RUF001 - as people separate thousands
_CHECKED: Final = re.compile(r"[0-9A-Z]+-[0-9A-Z]")


class CheckDigit(StrEnum):
    """Where a number's check digit stands: after a hyphen, or as one of its digits."""

    NONE = "none"
    REQUIRED = "required"
    OPTIONAL = "optional"
    WITHIN = "within"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """`identity` names what the number identifies: two types with the same one are one document.

    `pattern` is that of the regular number; a required check digit ends it after a `-`. An optional
    one is looked at and left out. `ignored` are further characters that are left out.
    """

    country: str
    code: str
    identity: str
    pattern: re.Pattern[str]
    ignored: str = ""
    check_digit: CheckDigit = CheckDigit.NONE
    validate: Validate | None = None
    names: Mapping[str, str]
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    country: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class DocumentCatalogue:
    types: Sequence[DocumentType]

    def of_country(self, country: str) -> list[DocumentType]:
        return [each for each in self.types if each.country == country]

    def find(self, country: str, code: str) -> DocumentType:
        """Raises FieldRefused."""
        offered = self.of_country(country)
        if not offered:
            raise InvalidValue("country_unsupported")
        for each in offered:
            if each.code == code:
                return each
        raise InvalidValue("document_type_unknown")

    def possible_identities(self, raw: str, country: str, code: str | None) -> list[Identity]:
        """All that a number given for signing in may mean; its type need not be told."""
        found: list[Identity] = []
        for document in self.of_country(country):
            if code is not None and document.code != code:
                continue
            try:
                identity = identity_of(document, document_number(raw, document))
            except InvalidValue:
                continue
            if identity not in found:
                found.append(identity)
        return found


def document_number(raw: str, document: DocumentType) -> str:
    """The number without spaces and dots; a cédula's without the check digit of its NIT."""
    number = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", raw)).upper()
    number = "".join(letter for letter in number if letter not in document.ignored)
    number = _checked(number, document)
    if not document.pattern.fullmatch(number):
        raise InvalidValue("document_number_malformed")
    return number


def identity_of(document: DocumentType, number: str) -> Identity:
    """What the regular number identifies: a cédula and its holder's NIT are one identity."""
    checked = document.check_digit is CheckDigit.REQUIRED
    base = number.rpartition("-")[0] if checked else number
    return Identity(country=document.country, kind=document.identity, number=base)


def _checked(number: str, document: DocumentType) -> str:
    if document.validate is None:
        return number
    match document.check_digit:
        case CheckDigit.REQUIRED:
            compact = compact_number(number, document.validate)
            return f"{compact[:-1]}-{compact[-1]}"
        case CheckDigit.OPTIONAL if _CHECKED.fullmatch(number):
            return compact_number(number, document.validate)[:-1]
        case CheckDigit.WITHIN:
            return compact_number(number, document.validate)
        case _:
            return number
