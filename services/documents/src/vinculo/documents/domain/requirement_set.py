"""The documents that a person has to provide, which depend on the credit line."""

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
    """`default` applies to every project without a set in `by_project`."""

    default: RequirementSet
    by_project: Mapping[str, RequirementSet] = field(default_factory=lambda: MappingProxyType({}))

    def for_project(self, project: str) -> RequirementSet:
        return self.by_project.get(project, self.default)
