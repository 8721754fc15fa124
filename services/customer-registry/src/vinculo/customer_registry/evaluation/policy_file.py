"""The promotion policies of an installation, read from a TOML file.

A file with any mistake is refused as a whole.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vinculo.customer_registry.domain.policy import PolicyRequirement
from vinculo.customer_registry.evaluation.rules import InvalidRuleError, RuleEngine
from vinculo.process import ConfigurationFileError, read_toml

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]


class RequirementEntry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Code
    facts: Annotated[tuple[str, ...], Field(min_length=1)]
    expression: Text
    title_es: Text
    title_en: Text


class PolicyFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    projects: Annotated[dict[str, str], Field(min_length=1)]
    policies: dict[str, Annotated[tuple[RequirementEntry, ...], Field(min_length=1)]]


class ProjectPolicies(BaseModel):
    """The name and the requirements of each project's policy."""

    model_config = ConfigDict(frozen=True)

    by_project: Mapping[str, tuple[str, tuple[PolicyRequirement, ...]]]


def read_policies(path: Path | None, rules: RuleEngine) -> ProjectPolicies:
    """Read the file at `path`, or the one shipped with the package without a path.

    Raises:
        ConfigurationFileError: the file cannot be read, or has a mistake.

    """
    shipped = files("vinculo.customer_registry").joinpath("policies.toml")
    return _project_policies(read_toml(PolicyFile, path, shipped), rules)


def _project_policies(entries: PolicyFile, rules: RuleEngine) -> ProjectPolicies:
    for policy, requirements in entries.policies.items():
        _check(policy, requirements, rules)
    if unknown := sorted(set(entries.projects.values()) - entries.policies.keys()):
        raise ConfigurationFileError(f"projects: no such policy: {', '.join(unknown)}")
    return ProjectPolicies(
        by_project={
            project: (
                policy,
                tuple(
                    PolicyRequirement(**requirement.model_dump())
                    for requirement in entries.policies[policy]
                ),
            )
            for project, policy in entries.projects.items()
        }
    )


def _check(policy: str, requirements: tuple[RequirementEntry, ...], rules: RuleEngine) -> None:
    seen: set[str] = set()
    for requirement in requirements:
        location = f"policies.{policy}, {requirement.code}"
        if requirement.code in seen:
            raise ConfigurationFileError(f"{location}: more than one requirement has this code")
        seen.add(requirement.code)
        try:
            rules.check(requirement.expression, requirement.facts)
        except InvalidRuleError as error:
            raise ConfigurationFileError(f"{location}: {error}") from None
