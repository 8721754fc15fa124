"""The required documents of an installation, read from a TOML file and validated."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vinculo.contracts.documents import DocumentKind
from vinculo.documents.domain.dossier import Requirement
from vinculo.documents.domain.requirement_set import RequirementSet, RequirementSets
from vinculo.process.configuration_files import read_toml

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Project = Annotated[str, Field(min_length=1, max_length=100)]


class RequirementSchema(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Code
    kinds: Annotated[list[DocumentKind], Field(min_length=1)]


class RequirementSetSchema(BaseModel):
    model_config = ConfigDict(extra="forbid")

    requirements: Annotated[list[RequirementSchema], Field(min_length=1)]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        """A repeated kind would let one document meet two requirements."""
        codes = [entry.code for entry in self.requirements]
        kinds = [kind.value for entry in self.requirements for kind in entry.kinds]
        for names in (codes, kinds):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{name} is repeated")
        return self


class RequirementsFileSchema(RequirementSetSchema):
    version: Annotated[int, Field(ge=1)]
    projects: dict[Project, RequirementSetSchema] = {}


def read_requirements(path: Path | None) -> RequirementSets:
    """Without a path, those of the file in this package. Raises ConfigurationFileError."""
    shipped = files("vinculo.documents").joinpath("requirements.toml")
    read = read_toml(RequirementsFileSchema, path, shipped)
    return RequirementSets(
        default=_set(read.version, read),
        by_project={project: _set(read.version, each) for project, each in read.projects.items()},
    )


def _set(version: int, read: RequirementSetSchema) -> RequirementSet:
    return RequirementSet(
        version=version,
        requirements=tuple(
            Requirement(code=entry.code, kinds=tuple(kind.value for kind in entry.kinds))
            for entry in read.requirements
        ),
    )
