"""A project's promotion policy: the versioned requirements for becoming a customer."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from vinculo.events import Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRequirement:
    """`expression` is CEL over the declared `facts`."""

    code: str
    expression: str
    facts: tuple[str, ...]
    title_es: str
    title_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPublished:
    project: str
    policy: str
    policy_version: int
    requirements: tuple[PolicyRequirement, ...]
    published_by: UUID | None
    published_at: datetime


PolicyEvent: TypeAlias = PolicyPublished


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublished:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    policy: str
    policy_version: int
    requirements: tuple[PolicyRequirement, ...]


PolicyState: TypeAlias = Unpublished | Published


def evolve(_state: PolicyState, event: PolicyEvent) -> PolicyState:
    return Published(
        policy=event.policy,
        policy_version=event.policy_version,
        requirements=event.requirements,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPolicy:
    """`by` is None for a policy from the configuration."""

    project: str
    policy: str
    requirements: tuple[PolicyRequirement, ...]
    by: UUID | None
    now: datetime


class PolicyRefused(Exception):
    """The policy cannot be published."""


class NoRequirements(PolicyRefused):
    pass


class RequirementsRepeated(PolicyRefused):
    def __init__(self, codes: tuple[str, ...]) -> None:
        super().__init__(f"more than one requirement has the code: {', '.join(codes)}")
        self.codes = codes


def publish(command: PublishPolicy, state: PolicyState) -> list[PolicyEvent]:
    """The next version, or no event when it is equal to the active one."""
    if not command.requirements:
        raise NoRequirements
    named = Counter(requirement.code for requirement in command.requirements)
    if repeated := tuple(code for code, count in named.items() if count > 1):
        raise RequirementsRepeated(repeated)
    match state:
        case Published(policy=policy, requirements=requirements) if (
            policy == command.policy and requirements == command.requirements
        ):
            return []
        case Published(policy_version=version):
            return [_published(command, version + 1)]
        case Unpublished():
            return [_published(command, 1)]


def _published(command: PublishPolicy, policy_version: int) -> PolicyPublished:
    return PolicyPublished(
        project=command.project,
        policy=command.policy,
        policy_version=policy_version,
        requirements=command.requirements,
        published_by=command.by,
        published_at=command.now,
    )


POLICY: Decider[PublishPolicy, PolicyState, PolicyEvent] = Decider(publish, evolve, Unpublished())
