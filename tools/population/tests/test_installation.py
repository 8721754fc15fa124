"""The shipped configuration, as used for generated people."""

import itertools

import orjson
import pytest

from vinculo.customer_registry.domain.policy import PolicyRequirement
from vinculo.customer_registry.evaluation.rules import RuleEngine

from .generated_people import INSTALLATION, PEOPLE, all_records, type_of

REQUIREMENTS = [
    requirement for policy in INSTALLATION.policies.values() for requirement in policy.requirements
]


def test_the_evaluated_policies_are_the_published_ones() -> None:
    published = [
        orjson.loads(r.value) for r in all_records() if type_of(r) == "policy-published.v1"
    ]

    assert {policy["project"] for policy in published} == {h.person.project for h in PEOPLE}
    for policy in published:
        active = INSTALLATION.policies[policy["project"]]
        assert (policy["policy"], policy["policy_version"]) == (
            active.policy,
            active.policy_version,
        )


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.code)
def test_cached_results_equal_those_of_the_rule_engine(requirement: PolicyRequirement) -> None:
    uncached = RuleEngine()
    for values in itertools.product([True, False], repeat=len(requirement.facts)):
        known = dict(zip(requirement.facts, values, strict=True))
        expected = uncached.evaluate(requirement.expression, requirement.facts, known)
        for _ in range(2):
            rules = INSTALLATION.rules
            assert rules.evaluate(requirement.expression, requirement.facts, known) == expected
