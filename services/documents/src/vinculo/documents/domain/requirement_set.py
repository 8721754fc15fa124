"""The documents that a person has to provide, by the credit line they register for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vinculo.documents.domain.dossier import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementSet:
    version: int
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementSets:
    """`usual` holds for every project that has no set of its own."""

    usual: RequirementSet
    by_project: Mapping[str, RequirementSet] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, project: str) -> RequirementSet:
        return self.by_project.get(project, self.usual)
