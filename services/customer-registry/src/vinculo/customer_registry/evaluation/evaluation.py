"""Evaluates the active policy of a project on the known facts of one person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vinculo.customer_registry.domain.policy import PolicyRequirement
from vinculo.customer_registry.domain.requirements import (
    Evaluation,
    Evidence,
    ObservedValues,
    Outcome,
    RequirementResult,
)
from vinculo.customer_registry.evaluation.facts import KnownFact
from vinculo.customer_registry.evaluation.rules import RuleEngine

OnRuleError = Callable[[str, str], None]
"""Receives the code of the requirement and the error code of its rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivePolicy:
    project: str
    policy: str
    policy_version: int
    requirements: tuple[PolicyRequirement, ...]

    @property
    def declared_facts(self) -> frozenset[str]:
        return frozenset(fact for requirement in self.requirements for fact in requirement.facts)


def evaluate(
    policy: ActivePolicy,
    facts: Mapping[str, KnownFact],
    rules: RuleEngine,
    on_error: OnRuleError,
) -> Evaluation:
    """A requirement whose rule has an error is reported to `on_error` and counts as failed."""
    results = tuple(
        _result(requirement, facts, rules, on_error) for requirement in policy.requirements
    )
    personal = {
        name: facts[name].value
        for name in sorted(policy.declared_facts)
        if name in facts and facts[name].personal
    }
    return Evaluation(
        project=policy.project,
        policy=policy.policy,
        policy_version=policy.policy_version,
        results=results,
        observed=ObservedValues(observed=personal) if personal else None,
    )


def _result(
    requirement: PolicyRequirement,
    facts: Mapping[str, KnownFact],
    rules: RuleEngine,
    on_error: OnRuleError,
) -> RequirementResult:
    known = {name: facts[name] for name in requirement.facts if name in facts}
    missing = tuple(name for name in requirement.facts if name not in facts)
    return RequirementResult(
        requirement=requirement.code,
        outcome=Outcome.MISSING if missing else _outcome(requirement, known, rules, on_error),
        evidence=tuple(
            Evidence(fact=name, event_id=fact.event_id)
            for name, fact in known.items()
            if fact.event_id is not None
        ),
        missing_facts=missing,
        observed={name: fact.value for name, fact in known.items() if not fact.personal},
    )


def _outcome(
    requirement: PolicyRequirement,
    known: Mapping[str, KnownFact],
    rules: RuleEngine,
    on_error: OnRuleError,
) -> Outcome:
    result = rules.evaluate(
        requirement.expression,
        requirement.facts,
        {name: fact.value for name, fact in known.items()},
    )
    if result.error is not None:
        on_error(requirement.code, result.error)
    return Outcome.MET if result.met else Outcome.FAILED
