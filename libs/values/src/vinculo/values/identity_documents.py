"""Types of identity documents, the normal form of their numbers, and what a number identifies."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vinculo.values.check_digits import Validate, compact_number, hyphenated_number
from vinculo.values.cleaning import clean_number
from vinculo.values.folding import joined_words
from vinculo.values.invalid_value import InvalidValue

_SEPARATORS: Final = re.compile(r"[\s.,'’·]+")  # noqa: RUF001 - separators of thousands
_WITH_CHECK_DIGIT: Final = re.compile(r"[0-9A-Z]+-[0-9A-Z]")


class CheckDigit(StrEnum):
    """The position of the check digit: after a hyphen, or within the number."""

    NONE = "none"
    REQUIRED = "required"
    OPTIONAL = "optional"
    WITHIN = "within"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """A type of document.

    `identity` names what the number identifies: two types with the same identity are one document.
    `pattern` is for the number in normal form, which ends with `-` and the check digit if that is
    required. An optional check digit is checked and removed. `ignored` are characters that are
    removed, besides separators. `companies` are the numbers, without check digit, that only
    companies have. `for_minors` types are held by minors only.
    """

    country: str
    code: str
    identity: str
    pattern: re.Pattern[str]
    ignored: str = ""
    check_digit: CheckDigit = CheckDigit.NONE
    validate: Validate | None = None
    companies: re.Pattern[str] | None = None
    for_minors: bool = False
    names: Mapping[str, str]
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a document number identifies; equal for all documents of one person's identity."""

    country: str
    kind: str
    number: str


@dataclass(frozen=True, slots=True)
class DocumentCatalogue:
    types: Sequence[DocumentType]

    def of_country(self, country: str) -> list[DocumentType]:
        return [each for each in self.types if each.country == country]

    def find(self, country: str, code: str) -> DocumentType:
        """The type with this code.

        Raises:
            InvalidValue: `country_unsupported` or `document_type_unknown`.

        """
        types = self.of_country(country)
        if not types:
            raise InvalidValue("country_unsupported")
        for each in types:
            if each.code == code:
                return each
        raise InvalidValue("document_type_unknown")

    def labels(self) -> frozenset[str]:
        """What people write before a number: codes, names and their first words, joined."""
        return frozenset(
            joined_words(label)
            for each in self.types
            for name in (each.code, *each.names.values())
            for label in (name, name.split()[0])
        )

    def possible_identities(self, raw: str, country: str, code: str | None) -> list[Identity]:
        """All identities that a number can have, if its type is unknown (`code` is None).

        Last come the identities that earlier releases stored for the same input.
        """
        documents = [each for each in self.of_country(country) if code in {None, each.code}]
        identities: list[Identity] = []
        for rule in (document_number, former_document_number):
            for document in documents:
                try:
                    identity = identity_of(document, rule(raw, document))
                except InvalidValue:
                    continue
                if identity not in identities:
                    identities.append(identity)
        return identities


def document_number(raw: str, document: DocumentType) -> str:
    """The number in normal form.

    Raises:
        InvalidValue: `document_number_malformed`, `check_digit_missing`, `check_digit_wrong` or
            `company_number`.

    """
    number = _compact(raw, document)
    base = number.partition("-")[0]
    if document.companies is not None and document.companies.fullmatch(base):
        raise InvalidValue("company_number")
    if document.check_digit is CheckDigit.REQUIRED and document.validate is not None:
        number = _hyphenated(number, document, document.validate)
    else:
        number = _with_checked_digit(number, document)
    if not document.pattern.fullmatch(number):
        raise InvalidValue("document_number_malformed")
    return number


def former_document_number(raw: str, document: DocumentType) -> str:
    """The number as earlier releases stored it: a check digit needed no hyphen.

    For finding stored identities only. Raises InvalidValue like `document_number`.
    """
    number = _with_checked_digit(_compact(raw, document), document)
    if not document.pattern.fullmatch(number):
        raise InvalidValue("document_number_malformed")
    return number


def without_separators(raw: str) -> str:
    """The number in capitals, without separators of thousands."""
    return _SEPARATORS.sub("", clean_number(raw)).upper()


def identity_of(document: DocumentType, number: str) -> Identity:
    """The identity of a number in normal form: a cédula and its holder's NIT have the same."""
    has_check_digit = document.check_digit is CheckDigit.REQUIRED
    base = number.rpartition("-")[0] if has_check_digit else number
    return Identity(country=document.country, kind=document.identity, number=base)


def _compact(raw: str, document: DocumentType) -> str:
    return "".join(each for each in without_separators(raw) if each not in document.ignored)


def _hyphenated(number: str, document: DocumentType, validate: Validate) -> str:
    """The number with its check digit; a suggestion that is no number of the type is empty."""
    try:
        return hyphenated_number(number, validate)
    except InvalidValue as invalid:
        if invalid.suggestion is None or document.pattern.fullmatch(invalid.suggestion):
            raise
        raise InvalidValue(invalid.code, suggestion="") from None


def _with_checked_digit(number: str, document: DocumentType) -> str:
    if document.validate is None:
        return number
    match document.check_digit:
        case CheckDigit.REQUIRED:
            compact = compact_number(number, document.validate)
            return f"{compact[:-1]}-{compact[-1]}"
        case CheckDigit.OPTIONAL if _WITH_CHECK_DIGIT.fullmatch(number):
            return compact_number(number, document.validate)[:-1]
        case CheckDigit.WITHIN:
            return compact_number(number, document.validate)
        case _:
            return number
