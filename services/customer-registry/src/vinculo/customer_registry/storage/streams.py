"""The streams of the registry and the stored type names of their events.

Stored names must never change.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID, uuid5

from vinculo.contracts import topics
from vinculo.customer_registry.domain import credit, customer
from vinculo.customer_registry.domain.credit import CreditEvent, CreditState
from vinculo.customer_registry.domain.credit_decisions import CREDIT, CreditCommand
from vinculo.customer_registry.domain.credit_refusal import (
    CREDIT_REFUSAL,
    CreditReportRefused,
    PublishRefusal,
)
from vinculo.customer_registry.domain.customer import CustomerEvent, CustomerState
from vinculo.customer_registry.domain.customer_decisions import CUSTOMER, CustomerCommand
from vinculo.customer_registry.domain.policy import (
    POLICY,
    PolicyEvent,
    PolicyPublished,
    PolicyState,
    PublishPolicy,
)
from vinculo.customer_registry.domain.revocation import (
    REVOCATION,
    RevocationEvent,
    Revoke,
    RolesRevoked,
    SubjectAllowed,
    SubjectDenied,
)
from vinculo.customer_registry.storage.credit import CreditKey
from vinculo.eventstore import Category, Codec
from vinculo.messaging import Record, SerializedEvent, cloud_events

SERVICE: Final = "customer-registry"
PUBLISHED_TOPICS: Final = {
    "customer": topics.CUSTOMER_REGISTRY_CUSTOMERS,
    "credit": topics.CUSTOMER_REGISTRY_CREDIT,
    "credit-refusal": topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS,
    "promotion-policy": topics.CUSTOMER_REGISTRY_POLICIES,
    "revocation": topics.ACCESS_REVOCATIONS,
}

PROJECTS = UUID("0d3c7c5e-3f0a-5a39-9d0e-7a1b1f0c9b52")
"""Namespace of the ids of policy streams."""
CREDIT_STREAMS = UUID("7b8a5c0e-52f1-4a0e-9d3b-0c6f1f5e2a64")
"""Namespace of the ids of credit streams and refusals."""

CUSTOMERS: Category[CustomerCommand, CustomerState, CustomerEvent] = Category(
    "customer",
    CUSTOMER,
    Codec(
        {
            "pre-customer-registered.v1": customer.PreCustomerRegistered,
            "pre-customer-activated.v1": customer.PreCustomerActivated,
            "pre-customer-activated.v2": customer.PreCustomerActivatedV2,
            "requirements-evaluated.v1": customer.RequirementsEvaluated,
            "pre-customer-promoted.v1": customer.PreCustomerPromoted,
            "record-enabled.v1": customer.RecordEnabled,
            "record-set-pending.v1": customer.RecordSetPending,
            "record-disabled.v1": customer.RecordDisabled,
            "record-blocked.v1": customer.RecordBlocked,
            "record-unblocked.v1": customer.RecordUnblocked,
            "internal-user-granted.v1": customer.InternalUserGranted,
            "internal-user-revoked.v1": customer.InternalUserRevoked,
            "record-erased.v1": customer.RecordErased,
        }
    ),
)

POLICIES: Category[PublishPolicy, PolicyState, PolicyEvent] = Category(
    "promotion-policy", POLICY, Codec({"policy-published.v1": PolicyPublished})
)


REVOCATIONS: Category[Revoke, None, RevocationEvent] = Category(
    "revocation",
    REVOCATION,
    Codec(
        {
            "subject-denied.v1": SubjectDenied,
            "subject-allowed.v1": SubjectAllowed,
            "roles-revoked.v1": RolesRevoked,
        }
    ),
)


CREDITS: Category[CreditCommand, CreditState, CreditEvent] = Category(
    "credit",
    CREDIT,
    Codec(
        {
            "loan-recorded.v1": credit.LoanRecorded,
            "loan-moved-away.v1": credit.LoanMovedAway,
            "credit-application-recorded.v1": credit.CreditApplicationRecorded,
            "credit-application-moved-away.v1": credit.CreditApplicationMovedAway,
            "credit-limit-recorded.v1": credit.CreditLimitRecorded,
        }
    ),
)

CREDIT_REFUSALS: Category[PublishRefusal, bool, CreditReportRefused] = Category(
    "credit-refusal", CREDIT_REFUSAL, Codec({"credit-report-refused.v1": CreditReportRefused})
)


def credit_stream(key: CreditKey, person_id: UUID) -> UUID:
    """The id of a person's stream of what the credit system numbers; a source has no `|`."""
    return uuid5(CREDIT_STREAMS, f"{key.source}|{key.kind}|{key.external_id}|{person_id}")


def credit_refusal_stream(topic: str, partition: int, offset: int, event_key: str) -> UUID:
    """The id of a refusal's stream, the same for every reading of the record."""
    return uuid5(CREDIT_STREAMS, f"{topic}/{partition}/{offset}/{event_key}")


def policy_stream(project: str) -> UUID:
    """The id of the stream of a project's policy."""
    return uuid5(PROJECTS, project)


def registry_records(topic_prefix: str) -> Callable[[SerializedEvent], Record]:
    """From a stored event to its Kafka record, for the relay."""
    return cloud_events(SERVICE, PUBLISHED_TOPICS, topic_prefix)
