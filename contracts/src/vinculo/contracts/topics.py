"""The topics, each owned by the service that its name starts with; `credit.*` by credit systems."""

from typing import Final

ONBOARDING_APPLICATIONS: Final = "onboarding.applications"
ONBOARDING_PAYERS: Final = "onboarding.payers"
DOCUMENTS_DOSSIERS: Final = "documents.dossiers"
CUSTOMER_REGISTRY_CUSTOMERS: Final = "customer-registry.customers"
CUSTOMER_REGISTRY_POLICIES: Final = "customer-registry.policies"
NOTIFICATIONS_MESSAGES: Final = "notifications.messages"
CREDIT_LOANS: Final = "credit.loans"
CREDIT_APPLICATIONS: Final = "credit.applications"

TOPICS: Final = (
    ONBOARDING_APPLICATIONS,
    ONBOARDING_PAYERS,
    DOCUMENTS_DOSSIERS,
    CUSTOMER_REGISTRY_CUSTOMERS,
    CUSTOMER_REGISTRY_POLICIES,
    NOTIFICATIONS_MESSAGES,
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
"""Each has its own `<group>.dead-letters`."""

PARTITIONS: Final = 12
"""Never changed: a person's events would move to another partition and lose their order."""


def dead_letters(group: str) -> str:
    return f"{group}.dead-letters"
