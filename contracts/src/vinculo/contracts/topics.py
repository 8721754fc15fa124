"""Topic names. The prefix names the owner: a service, or credit systems for `credit.*`.

`access.revocations` has two writers: onboarding and the registry.
"""

from typing import Final

ONBOARDING_APPLICATIONS: Final = "onboarding.applications"
ONBOARDING_DOCUMENT_CLAIMS: Final = "onboarding.document-claims"
ONBOARDING_PAYERS: Final = "onboarding.payers"
ONBOARDING_STAFF: Final = "onboarding.staff"
DOCUMENTS_DOSSIERS: Final = "documents.dossiers"
CUSTOMER_REGISTRY_CUSTOMERS: Final = "customer-registry.customers"
CUSTOMER_REGISTRY_POLICIES: Final = "customer-registry.policies"
CUSTOMER_REGISTRY_CREDIT: Final = "customer-registry.credit"
CUSTOMER_REGISTRY_CREDIT_REFUSALS: Final = "customer-registry.credit-refusals"
NOTIFICATIONS_MESSAGES: Final = "notifications.messages"
ACCESS_REVOCATIONS: Final = "access.revocations"
CREDIT_LOANS: Final = "credit.loans"
CREDIT_APPLICATIONS: Final = "credit.applications"

TOPICS: Final = (
    ONBOARDING_APPLICATIONS,
    ONBOARDING_DOCUMENT_CLAIMS,
    ONBOARDING_PAYERS,
    ONBOARDING_STAFF,
    DOCUMENTS_DOSSIERS,
    CUSTOMER_REGISTRY_CUSTOMERS,
    CUSTOMER_REGISTRY_POLICIES,
    CUSTOMER_REGISTRY_CREDIT,
    CUSTOMER_REGISTRY_CREDIT_REFUSALS,
    NOTIFICATIONS_MESSAGES,
    ACCESS_REVOCATIONS,
    CREDIT_LOANS,
    CREDIT_APPLICATIONS,
)

CONSUMER_GROUPS: Final = (
    "onboarding",
    "documents",
    "customer-registry",
    "customer-registry-credit",
    "notifications",
    "query-api",
)
"""Each group has a topic `<group>.dead-letters`."""

PARTITIONS: Final = 12
"""Must never change: a person's later events would go to another partition and lose their order."""


def dead_letters(group: str) -> str:
    return f"{group}.dead-letters"
