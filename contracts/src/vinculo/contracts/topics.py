"""Topic names. The prefix names the owner: a service, or credit systems for `credit.*`.

`access.revocations` has two writers: onboarding and the registry.
"""

from typing import Final

ONBOARDING_APPLICATIONS: Final = "onboarding.applications"
ONBOARDING_PAYERS: Final = "onboarding.payers"
DOCUMENTS_DOSSIERS: Final = "documents.dossiers"
CUSTOMER_REGISTRY_CUSTOMERS: Final = "customer-registry.customers"
CUSTOMER_REGISTRY_POLICIES: Final = "customer-registry.policies"
NOTIFICATIONS_MESSAGES: Final = "notifications.messages"
ACCESS_REVOCATIONS: Final = "access.revocations"
CREDIT_LOANS: Final = "credit.loans"
CREDIT_APPLICATIONS: Final = "credit.applications"

TOPICS: Final = (
    ONBOARDING_APPLICATIONS,
    ONBOARDING_PAYERS,
    DOCUMENTS_DOSSIERS,
    CUSTOMER_REGISTRY_CUSTOMERS,
    CUSTOMER_REGISTRY_POLICIES,
    NOTIFICATIONS_MESSAGES,
    ACCESS_REVOCATIONS,
    CREDIT_LOANS,
    CREDIT_APPLICATIONS,
)

CONSUMER_GROUPS: Final = (
    "onboarding",
    "documents",
    "customer-registry",
    "notifications",
    "query-api",
)
"""Each group has a topic `<group>.dead-letters`."""

PARTITIONS: Final = 12
"""Must never change: a person's later events would go to another partition and lose their order."""


def dead_letters(group: str) -> str:
    return f"{group}.dead-letters"
