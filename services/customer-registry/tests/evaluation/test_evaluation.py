"""Evaluation of a policy on known facts."""

from collections.abc import Mapping
from uuid import UUID

from vinculo.customer_registry.domain.policy import PolicyRequirement
from vinculo.customer_registry.domain.requirements import (
    Evaluation,
    Evidence,
    ObservedValues,
    Outcome,
    RequirementResult,
)
from vinculo.customer_registry.evaluation.evaluation import ActivePolicy, evaluate
from vinculo.customer_registry.evaluation.facts import KnownFact
from vinculo.customer_registry.evaluation.rules import RuleEngine

PROOF = UUID(int=1)
TRUE = KnownFact(value=True, event_id=PROOF, personal=False)


def requirement(code: str, expression: str, *facts: str) -> PolicyRequirement:
    return PolicyRequirement(
        code=code, expression=expression, facts=facts, title_es=code, title_en=code
    )


def evaluated(
    facts: Mapping[str, KnownFact],
    *requirements: PolicyRequirement,
    errors: list[tuple[str, str]] | None = None,
) -> Evaluation:
    policy = ActivePolicy(
        project="default", policy="reviewed", policy_version=3, requirements=requirements
    )
    seen: list[tuple[str, str]] = [] if errors is None else errors
    return evaluate(policy, facts, RuleEngine(), lambda code, error: seen.append((code, error)))


def test_a_met_requirement_names_the_fact_and_its_event() -> None:
    evaluation = evaluated(
        {"email_verified": TRUE}, requirement("e", "email_verified", "email_verified")
    )

    assert evaluation.all_met
    assert evaluation.policy_version == 3
    assert evaluation.results == (
        RequirementResult(
            requirement="e",
            outcome=Outcome.MET,
            evidence=(Evidence(fact="email_verified", event_id=PROOF),),
            observed={"email_verified": True},
        ),
    )


def test_a_false_requirement_has_failed() -> None:
    known = KnownFact(value=False, event_id=PROOF, personal=False)
    evaluation = evaluated(
        {"dossier_accepted": known}, requirement("d", "dossier_accepted", "dossier_accepted")
    )

    assert evaluation.unmet == ("d",)
    assert evaluation.results[0].outcome is Outcome.FAILED


def test_with_a_missing_fact_the_rule_is_not_evaluated() -> None:
    errors: list[tuple[str, str]] = []
    evaluation = evaluated(
        {"email_verified": TRUE},
        requirement("both", "email_verified || 1 / 0 == 1", "email_verified", "dossier_accepted"),
        errors=errors,
    )

    (result,) = evaluation.results
    assert result.outcome is Outcome.MISSING
    assert result.missing_facts == ("dossier_accepted",)
    assert result.observed == {"email_verified": True}
    assert errors == []


def test_a_rule_error_is_reported_and_fails_the_requirement() -> None:
    errors: list[tuple[str, str]] = []
    loans = KnownFact(value=0, event_id=None, personal=False)
    evaluation = evaluated(
        {"active_loans": loans},
        requirement("l", "1 / active_loans == 1", "active_loans"),
        errors=errors,
    )

    assert evaluation.results[0].outcome is Outcome.FAILED
    assert errors == [("l", "INVALID_ARGUMENT")]


def test_personal_values_are_separate_from_the_results() -> None:
    age = KnownFact(value=30, event_id=PROOF, personal=True)
    evaluation = evaluated(
        {"age_years": age, "email_verified": TRUE},
        requirement("adult", "age_years >= 18 && email_verified", "age_years", "email_verified"),
    )

    assert evaluation.observed == ObservedValues(observed={"age_years": 30})
    assert evaluation.results[0].observed == {"email_verified": True}
    assert Evidence(fact="age_years", event_id=PROOF) in evaluation.results[0].evidence


def test_a_default_value_has_no_evidence() -> None:
    loans = KnownFact(value=0, event_id=None, personal=False)
    evaluation = evaluated(
        {"active_loans": loans}, requirement("l", "active_loans == 0", "active_loans")
    )

    assert evaluation.all_met
    assert evaluation.results[0].evidence == ()
    assert evaluation.results[0].observed == {"active_loans": 0}
