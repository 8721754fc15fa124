"""The catalogue of identity documents, and one form for each of their numbers."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vinculo.onboarding.fields.refusals import FieldRefused
from vinculo.onboarding.fields.tax_ids import nit_parts

_PUNCTUATION: Final = re.compile(r"[\s.,'’·]+")  # noqa: RUF001 - as people separate thousands
_CHECKED: Final = re.compile(r"[0-9]+-[0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """`identity` names what the number identifies: two types with the same one are one document.

    `pattern` is that of the regular number; a checked one ends in `-` and its check digit.
    """

    country: str
    code: str
    identity: str
    pattern: re.Pattern[str]
    checked: bool = False
    names: Mapping[str, str]
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    country: str
    kind: str
    number: str


CATALOGUE: Final[Sequence[DocumentType]] = (
    DocumentType(
        country="CO",
        code="CC",
        identity="CC",
        pattern=re.compile(r"[1-9][0-9]{5,9}"),
        names={"es": "Cédula de ciudadanía", "en": "Citizenship card"},
        example="1.032.456.789",
    ),
    DocumentType(
        country="CO",
        code="CE",
        identity="CE",
        pattern=re.compile(r"[1-9][0-9]{4,7}"),
        names={"es": "Cédula de extranjería", "en": "Foreigner's identity card"},
        example="412345",
    ),
    DocumentType(
        country="CO",
        code="TI",
        identity="TI",
        pattern=re.compile(r"[1-9][0-9]{9,10}"),
        names={"es": "Tarjeta de identidad", "en": "Minor's identity card"},
        example="1.032.456.789",
    ),
    DocumentType(
        country="CO",
        code="NIT",
        identity="CC",
        pattern=re.compile(r"[1-9][0-9]{5,9}-[0-9]"),
        checked=True,
        names={"es": "NIT de persona natural", "en": "Tax id of a natural person"},
        example="1.032.456.789-7",
    ),
    DocumentType(
        country="CO",
        code="PASSPORT",
        identity="PASSPORT",
        pattern=re.compile(r"(?=.*[0-9])[A-Z0-9]{5,15}"),
        names={"es": "Pasaporte", "en": "Passport"},
        example="AR123456",
    ),
    DocumentType(
        country="CO",
        code="PPT",
        identity="PPT",
        pattern=re.compile(r"[1-9][0-9]{4,8}"),
        names={"es": "Permiso por protección temporal", "en": "Temporary protection permit"},
        example="5123456",
    ),
)


def types_of(country: str) -> list[DocumentType]:
    return [each for each in CATALOGUE if each.country == country]


def document_type(country: str, code: str) -> DocumentType:
    offered = types_of(country)
    if not offered:
        raise FieldRefused("country_unsupported")
    for each in offered:
        if each.code == code:
            return each
    raise FieldRefused("document_type_unknown")


def document_number(raw: str, document: DocumentType) -> str:
    """The number without spaces and dots; a cédula's without the check digit of its NIT."""
    number = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", raw)).upper()
    if document.checked:
        number = "-".join(nit_parts(number))
    elif document.identity == "CC" and _CHECKED.fullmatch(number):
        number = nit_parts(number)[0]
    elif document.code == "PASSPORT":
        number = number.replace("-", "")
    if not document.pattern.fullmatch(number):
        raise FieldRefused("document_number_malformed")
    return number


def identity_of(document: DocumentType, number: str) -> Identity:
    """What the regular number identifies: a cédula and its holder's NIT are one identity."""
    base = number.partition("-")[0] if document.checked else number
    return Identity(country=document.country, kind=document.identity, number=base)


def possible_identities(raw: str, country: str, code: str | None) -> list[Identity]:
    """All that a number given for signing in may mean; its type need not be told."""
    found: list[Identity] = []
    for document in types_of(country):
        if code is not None and document.code != code:
            continue
        try:
            identity = identity_of(document, document_number(raw, document))
        except FieldRefused:
            continue
        if identity not in found:
            found.append(identity)
    return found
