"""Reads the document types of an installation from a TOML file; one invalid type refuses it."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, model_validator

from vinculo.process.configuration_files import read_toml
from vinculo.translation import Language, load_catalogue
from vinculo.values.check_digits import find_algorithm
from vinculo.values.identity_documents import (
    CheckDigit,
    DocumentCatalogue,
    DocumentType,
    document_number,
)
from vinculo.values.invalid_value import InvalidValue

Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class TypeEntry(BaseModel):
    """A type in the file; it has a name in every language of the catalogues."""

    model_config = ConfigDict(extra="forbid")

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    code: Code
    identity: Code | None = None
    names: dict[Language, Name]
    example: Name
    pattern: Annotated[str, Field(min_length=1, max_length=500)]
    ignored: Annotated[str, Field(max_length=20)] = ""
    check_digit: CheckDigit = CheckDigit.NONE
    algorithm: str | None = None
    companies: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    for_minors: bool = False

    @model_validator(mode="after")
    def is_consistent(self) -> Self:
        if self.country not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"{self.country} is not a country")
        languages = load_catalogue("vinculo.values").languages
        if self.names.keys() != set(languages):
            raise ValueError(f"names must be in {', '.join(languages)}")
        if (self.check_digit is CheckDigit.NONE) is not (self.algorithm is None):
            raise ValueError("check_digit needs an algorithm, and an algorithm a check_digit")
        try:
            document_number(self.example, self.document_type())
        except InvalidValue as error:
            raise ValueError(f"its example is refused: {error.code}") from None
        return self

    def document_type(self) -> DocumentType:
        """The document type.

        Raises:
            ValueError: a pattern is not valid, or the algorithm is unknown.

        """
        pattern = _compiled("pattern", self.pattern)
        return DocumentType(
            country=self.country,
            code=self.code,
            identity=self.identity or self.code,
            pattern=pattern,
            ignored=self.ignored,
            check_digit=self.check_digit,
            validate=None if self.algorithm is None else find_algorithm(self.algorithm),
            companies=None if self.companies is None else _compiled("companies", self.companies),
            for_minors=self.for_minors,
            names=self.names,
            example=self.example,
        )


def _compiled(key: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{key}: {error}") from None


class TypesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    types: Annotated[list[TypeEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def each_once(self) -> Self:
        seen = set()
        for entry in self.types:
            if (entry.country, entry.code) in seen:
                raise ValueError(f"{entry.country} {entry.code} is defined twice")
            seen.add((entry.country, entry.code))
        return self


def read_document_types(path: Path | None) -> DocumentCatalogue:
    """The document types of the file at `path`, or of the shipped file if there is no path.

    Raises:
        ConfigurationFileError: the file cannot be read or is not valid.

    """
    shipped = files("vinculo.values").joinpath("document_types.toml")
    entries = read_toml(TypesFile, path, shipped)
    return DocumentCatalogue(tuple(entry.document_type() for entry in entries.types))
