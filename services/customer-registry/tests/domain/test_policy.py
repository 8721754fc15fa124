from datetime import UTC, datetime

from vinculo.customer_registry.domain.policy import (
    POLICY,
    NoRequirements,
    PolicyPublished,
    PolicyRequirement,
    PublishPolicy,
    RequirementsRepeated,
)
from vinculo.events.testing import Scenario

from ..record_histories import DOCUMENTS, EMAIL

NOW = datetime(2026, 1, 1, tzinfo=UTC)

policy = Scenario(POLICY)


def published(version: int, *requirements: PolicyRequirement) -> PolicyPublished:
    return PolicyPublished(
        project="default",
        policy="reviewed",
        policy_version=version,
        requirements=requirements,
        published_by=None,
        published_at=NOW,
    )


def publish(*requirements: PolicyRequirement, name: str = "reviewed") -> PublishPolicy:
    return PublishPolicy(
        project="default", policy=name, requirements=requirements, by=None, now=NOW
    )


def test_the_first_publication_has_version_1() -> None:
    policy.given().when(publish(EMAIL)).then(published(1, EMAIL))


def test_other_requirements_get_the_next_version() -> None:
    policy.given(published(1, EMAIL), published(2, DOCUMENTS)).when(publish(EMAIL, DOCUMENTS)).then(
        published(3, EMAIL, DOCUMENTS)
    )


def test_another_policy_with_the_same_requirements_gets_the_next_version() -> None:
    decided = POLICY.decide(publish(EMAIL, name="strict"), POLICY.fold([published(1, EMAIL)]))

    assert [(event.policy, event.policy_version) for event in decided] == [("strict", 2)]


def test_publishing_an_equal_policy_records_nothing() -> None:
    policy.given(published(1, EMAIL)).when(publish(EMAIL)).then_nothing_happens()


def test_a_policy_without_requirements_is_refused() -> None:
    policy.given().when(publish()).then_refused(NoRequirements)


def test_two_requirements_with_the_same_code_are_refused() -> None:
    policy.given().when(publish(EMAIL, EMAIL)).then_refused(RequirementsRepeated, "email_verified")
