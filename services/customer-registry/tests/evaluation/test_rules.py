import pytest

from vinculo.customer_registry.evaluation.facts import FactDefinition, FactType
from vinculo.customer_registry.evaluation.rules import InvalidRuleError, RuleEngine, RuleResult

rules = RuleEngine()


@pytest.mark.parametrize(
    ("expression", "facts", "complaint"),
    [
        ("email_verifid", ("email_verified",), "undeclared reference to 'email_verifid'"),
        ("dossier_accepted", ("email_verified",), "undeclared reference to 'dossier_accepted'"),
        ("age_years > 'eighteen'", ("age_years",), "no matching overload"),
        ("age_years +", ("age_years",), "Syntax error"),
        ("age_years", ("age_years",), "has the type INT, not BOOL"),
        ("contract_type", ("contract_type",), "has the type STRING, not BOOL"),
        ("shoe_size > 40", ("shoe_size",), "no such fact: shoe_size"),
    ],
)
def test_an_invalid_expression_is_refused_in_one_readable_line(
    expression: str, facts: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(InvalidRuleError, match=complaint) as refusal:
        rules.check(expression, facts)

    assert "\n" not in str(refusal.value)


def test_an_expression_of_declared_facts_is_evaluated() -> None:
    rule = (
        "age_years >= 18 && contract_type in ['indefinite', 'pension']",
        ("age_years", "contract_type"),
    )
    rules.check(*rule)

    assert rules.evaluate(*rule, {"age_years": 18, "contract_type": "pension"}) == RuleResult(
        met=True
    )
    assert rules.evaluate(*rule, {"age_years": 17, "contract_type": "pension"}) == RuleResult(
        met=False
    )


def test_an_evaluation_error_is_reported_and_not_met() -> None:
    result = rules.evaluate("100 / active_loans > 1", ("active_loans",), {"active_loans": 0})

    assert result == RuleResult(met=False, error="INVALID_ARGUMENT")


@pytest.mark.parametrize("value", ["yes", 1])
def test_a_truthy_value_of_another_type_is_not_met(value: str | int) -> None:
    result = rules.evaluate("email_verified", ("email_verified",), {"email_verified": value})

    assert not result.met
    assert result.error is not None


def test_an_error_does_not_quote_a_value() -> None:
    rule = ("{'a': 1}[contract_type] == 1", ("contract_type",))

    result = rules.evaluate(*rule, {"contract_type": "secret-value"})

    assert not result.met
    assert result.error is not None
    assert "secret-value" not in result.error


def test_a_number_too_large_for_the_rule_engine_is_an_error() -> None:
    result = rules.evaluate("age_years > 1", ("age_years",), {"age_years": 10**30})

    assert result == RuleResult(met=False, error="OUT_OF_RANGE")


def test_a_rule_that_no_longer_compiles_is_an_evaluation_error() -> None:
    result = rules.evaluate("shoe_size > 40", ("shoe_size",), {"shoe_size": 41})

    assert result == RuleResult(met=False, error="InvalidRuleError")


def test_a_rule_without_end_is_stopped() -> None:
    nested = "[1,2,3,4,5,6,7,8,9,10]"
    bomb = "true"
    for name in "abcdefgh":
        bomb = f"{nested}.all({name}, {bomb})"

    assert rules.evaluate(
        f"{bomb} && email_verified", ("email_verified",), {"email_verified": True}
    ).error


def test_money_is_compared_as_whole_numbers() -> None:
    money = RuleEngine({"salary_cents": FactDefinition(FactType.INT)})

    assert money.evaluate("salary_cents >= 30", ("salary_cents",), {"salary_cents": 10 + 20}).met
