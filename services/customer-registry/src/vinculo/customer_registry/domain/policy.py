"""A project's promotion policy: the requirements that make a pre-customer a customer, versioned."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID


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
