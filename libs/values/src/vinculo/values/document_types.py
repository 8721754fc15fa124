"""The document types of an installation, read from TOML and refused whole when one is wrong."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Self

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, model_validator

from vinculo.process.configuration_files import read_toml
from vinculo.translation import load_catalogue
from vinculo.values.check_digits import find_algorithm
from vinculo.values.identity_documents import (
    CheckDigit,
    DocumentCatalogue,
    DocumentType,
    document_number,
)
from vinculo.values.invalid_value import InvalidValue

LANGUAGES: Final = load_catalogue("vinculo.values").languages

Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class TypeEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    code: Code
    identity: Code | None = None
    names: dict[str, Name]
    example: Name
    pattern: Annotated[str, Field(min_length=1, max_length=500)]
    ignored: Annotated[str, Field(max_length=20)] = ""
    check_digit: CheckDigit = CheckDigit.NONE
    algorithm: str | None = None

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        if self.country not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"{self.country} is no country")
        if set(self.names) != set(LANGUAGES):
            raise ValueError(f"must be named in {' and '.join(LANGUAGES)}")
        if (self.check_digit is CheckDigit.NONE) is not (self.algorithm is None):
            raise ValueError("check_digit and algorithm stand together")
        try:
            document_number(self.example, self.document_type())
        except InvalidValue as refused:
            raise ValueError(f"its example is refused: {refused.code}") from None
        return self

    def document_type(self) -> DocumentType:
        """Raises ValueError for a pattern or an algorithm that does not exist."""
        try:
            pattern = re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"pattern: {error}") from None
        return DocumentType(
            country=self.country,
            code=self.code,
            identity=self.identity or self.code,
            pattern=pattern,
            ignored=self.ignored,
            check_digit=self.check_digit,
            validate=None if self.algorithm is None else find_algorithm(self.algorithm),
            names=self.names,
            example=self.example,
        )


class TypesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    types: Annotated[list[TypeEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def each_once(self) -> Self:
        seen = set()
        for entry in self.types:
            if (entry.country, entry.code) in seen:
                raise ValueError(f"{entry.country} {entry.code} stands there twice")
            seen.add((entry.country, entry.code))
        return self


def read_document_types(path: Path | None) -> DocumentCatalogue:
    """Take those shipped with the package when no path is given. Raises FileRefused."""
    shipped = files("vinculo.values").joinpath("document_types.toml")
    entries = read_toml(TypesFile, path, shipped)
    return DocumentCatalogue(tuple(entry.document_type() for entry in entries.types))
