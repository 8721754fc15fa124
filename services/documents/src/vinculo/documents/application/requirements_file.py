"""The required documents of an installation, read from TOML and refused whole when one is wrong."""

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


class RequirementEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Code
    kinds: Annotated[list[DocumentKind], Field(min_length=1)]


class Requirements(BaseModel):
    model_config = ConfigDict(extra="forbid")

    requirements: Annotated[list[RequirementEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def each_once(self) -> Self:
        """One document could otherwise meet two requirements."""
        codes = [entry.code for entry in self.requirements]
        kinds = [kind.value for entry in self.requirements for kind in entry.kinds]
        for names in (codes, kinds):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{name} stands there twice")
        return self


class RequirementsFile(Requirements):
    version: Annotated[int, Field(ge=1)]
    projects: dict[Project, Requirements] = {}


def read_requirements(path: Path | None) -> RequirementSets:
    """Take those shipped with the package when no path is given. Raises FileRefused."""
    shipped = files("vinculo.documents").joinpath("requirements.toml")
    read = read_toml(RequirementsFile, path, shipped)
    return RequirementSets(
        usual=_set(read.version, read),
        by_project={project: _set(read.version, each) for project, each in read.projects.items()},
    )


def _set(version: int, read: Requirements) -> RequirementSet:
    return RequirementSet(
        version=version,
        requirements=tuple(
            Requirement(code=entry.code, kinds=tuple(kind.value for kind in entry.kinds))
            for entry in read.requirements
        ),
    )
