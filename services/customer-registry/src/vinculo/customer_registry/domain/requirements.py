"""The evaluation of a promotion policy for one person, explained requirement by requirement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID


class Outcome(StrEnum):
    MET = "met"
    FAILED = "failed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A fact that a requirement uses, and the event that proves it."""

    fact: str
    event_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementResult:
    """`observed` has the values of the facts that are not personal, by name."""

    requirement: str
    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    missing_facts: tuple[str, ...] = ()
    observed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedValues:
    """The values of the personal facts that an evaluation used, by name."""

    observed: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The results of one policy version for one person; personal values are only in `observed`."""

    project: str
    policy: str
    policy_version: int
    results: tuple[RequirementResult, ...]
    observed: ObservedValues | None = None

    @property
    def all_met(self) -> bool:
        return all(result.outcome is Outcome.MET for result in self.results)

    @property
    def unmet(self) -> tuple[str, ...]:
        return tuple(
            result.requirement for result in self.results if result.outcome is not Outcome.MET
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """An evaluation without values and evidence; an unchanged verdict is not recorded again."""

    policy: str
    policy_version: int
    outcomes: tuple[tuple[str, Outcome, tuple[str, ...]], ...]


def verdict(policy: str, policy_version: int, results: tuple[RequirementResult, ...]) -> Verdict:
    return Verdict(
        policy=policy,
        policy_version=policy_version,
        outcomes=tuple(
            (result.requirement, result.outcome, result.missing_facts) for result in results
        ),
    )
