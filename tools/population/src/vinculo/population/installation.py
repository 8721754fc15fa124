"""The streams of the services and the configuration shipped with them, for generated people.

Only the required documents differ: one instead of four, so that measurements spend their time on
many people instead of many files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vinculo.customer_registry.evaluation.evaluation import ActivePolicy
from vinculo.customer_registry.evaluation.facts import FactValue
from vinculo.customer_registry.evaluation.policy_file import read_policies
from vinculo.customer_registry.evaluation.rules import RuleEngine, RuleResult
from vinculo.documents.domain.dossier import Requirement
from vinculo.documents.domain.requirement_set import RequirementSet, RequirementSets
from vinculo.eventstore import Category
from vinculo.notifications.domain.message import Message, MessageEvent
from vinculo.notifications.domain.message_decisions import MessageCommand
from vinculo.notifications.storage.streams import message_category
from vinculo.onboarding.domain.submission import Consent
from vinculo.onboarding.forms.consent_texts import read_consent_texts
from vinculo.onboarding.forms.employment import EmploymentRules
from vinculo.onboarding.forms.fields import LANGUAGES
from vinculo.onboarding.storage.streams import (
    ApplicationCategory,
    PayerCategory,
    application_category,
    payer_category,
)

FIRST_POLICY_VERSION: Final = 1
PAYSLIP: Final = "payslip"
REQUIREMENT_SETS: Final = RequirementSets(
    default=RequirementSet(version=1, requirements=(Requirement(code=PAYSLIP, kinds=(PAYSLIP,)),))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """`policies` are by project, `consents` to the newest texts by language."""

    applications: ApplicationCategory
    payers: PayerCategory
    messages: Category[MessageCommand, Message, MessageEvent]
    consents: Mapping[str, tuple[Consent, ...]]
    employment_rules: EmploymentRules
    requirement_sets: RequirementSets
    policies: Mapping[str, ActivePolicy]
    rules: RuleEngine


class CachedRuleEngine(RuleEngine):
    """Evaluates each rule only once for the same values."""

    def __init__(self) -> None:
        super().__init__()
        self._results: dict[tuple[str, tuple[FactValue, ...]], RuleResult] = {}

    def evaluate(
        self, expression: str, facts: tuple[str, ...], values: Mapping[str, FactValue]
    ) -> RuleResult:
        key = expression, tuple(values[name] for name in facts)
        result = self._results.get(key)
        if result is None:
            result = self._results[key] = super().evaluate(expression, facts, values)
        return result


def shipped_installation() -> Installation:
    """Builds the codecs and compiles the rules: to be called once per process."""
    rules, consent_texts = CachedRuleEngine(), read_consent_texts(None)
    policies = read_policies(None, rules)
    return Installation(
        applications=application_category(),
        payers=payer_category(),
        messages=message_category(),
        consents={
            language: tuple(
                Consent(purpose=text.purpose, text_version=text.version, text_sha256=text.sha256)
                for text in consent_texts.current(language)
            )
            for language in LANGUAGES
        },
        employment_rules=EmploymentRules(),
        requirement_sets=REQUIREMENT_SETS,
        policies={
            project: ActivePolicy(
                project=project,
                policy=policy,
                policy_version=FIRST_POLICY_VERSION,
                requirements=requirements,
            )
            for project, (policy, requirements) in policies.by_project.items()
        },
        rules=rules,
    )
