"""The policies of an installation, read from TOML and refused whole when anything is wrong."""

import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vinculo.customer_registry.domain.policy import PolicyRequirement
from vinculo.customer_registry.evaluation.rules import InvalidRuleError, RuleEngine
from vinculo.process.configuration_files import ConfigurationFileError, read_toml
from vinculo.process.settings import EXIT_BAD_SETTING

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
    """The policy's name and requirements of each project."""

    model_config = ConfigDict(frozen=True)

    by_project: Mapping[str, tuple[str, tuple[PolicyRequirement, ...]]]


def read_policies(path: Path | None, rules: RuleEngine) -> ProjectPolicies:
    """Take those shipped with the package when no path is given. Raises FileRefused."""
    shipped = files("vinculo.customer_registry").joinpath("policies.toml")
    entries = read_toml(PolicyFile, path, shipped)
    return _project_policies(entries, rules)


def policies_or_exit(path: Path | None) -> ProjectPolicies:
    """Read them, or end the process saying what is wrong, as with any other setting."""
    try:
        return read_policies(path, RuleEngine())
    except ConfigurationFileError as refusal:
        print(f"REGISTRY_POLICIES: {refusal}", file=sys.stderr)  # noqa: T201 - meant for people
        sys.exit(EXIT_BAD_SETTING)


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
        place = f"policies.{policy}, {requirement.code}"
        if requirement.code in seen:
            raise ConfigurationFileError(f"{place}: named more than once")
        seen.add(requirement.code)
        try:
            rules.check(requirement.expression, requirement.facts)
        except InvalidRuleError as refusal:
            raise ConfigurationFileError(f"{place}: {refusal}") from None
