"""Every stored event type still loads, and stored events are equal to published ones."""

from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from vinculo.contracts import parse, topics
from vinculo.contracts.catalogue import EVENTS
from vinculo.customer_registry.domain.credit import (
    CreditApplicationMovedAway,
    CreditApplicationRecorded,
    CreditEvent,
    CreditLimitRecorded,
    LoanMovedAway,
    LoanRecorded,
)
from vinculo.customer_registry.domain.credit_refusal import CreditReportRefused
from vinculo.customer_registry.domain.customer import (
    CustomerEvent,
    PreCustomerActivatedV2,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import CUSTOMER
from vinculo.customer_registry.domain.policy import PolicyEvent, PolicyPublished
from vinculo.customer_registry.domain.requirements import ObservedValues
from vinculo.customer_registry.domain.revocation import (
    RolesRevoked,
    SubjectAllowed,
    SubjectDenied,
)
from vinculo.customer_registry.storage.streams import (
    CREDIT_REFUSALS,
    CREDITS,
    CUSTOMERS,
    POLICIES,
    REVOCATIONS,
)
from vinculo.eventstore import Codec
from vinculo.eventstore.testing import (
    assert_every_event_is_stored,
    assert_samples_load,
    stored_sample,
)

from .. import record_histories
from ..record_histories import (
    ACTIVATED,
    DOCUMENTS,
    EMAIL,
    ERASED,
    GRANTED,
    HISTORIES,
    MET,
    NEW,
    PROMOTED,
    REGISTERED,
    REVOKED,
    THEN,
    change,
)

TESTS = Path(__file__).parents[1]
SAMPLES = TESTS / "samples"
EXAMPLES_OF_THE_CONTRACT = TESTS.parents[2] / "contracts" / "examples"


def changed(name: str, to: Status) -> CustomerEvent:
    command = change(to, may_unblock=True, note="Lo pidió por teléfono.")
    (event,) = CUSTOMER.decide(command, CUSTOMER.fold(HISTORIES[name]))
    return event


def evaluated() -> CustomerEvent:
    observed = ObservedValues(observed={"age_years": 36})
    command = record_histories.record_evaluation(MET, observed=observed)
    (event,) = CUSTOMER.decide(command, CUSTOMER.fold(NEW))
    return event


EXAMPLES: tuple[CustomerEvent, ...] = (
    REGISTERED,
    ACTIVATED,
    PreCustomerActivatedV2(
        project="default", from_status=ACTIVATED.from_status, activated_at=ACTIVATED.activated_at
    ),
    evaluated(),
    PROMOTED,
    changed("customer disabled", Status.ENABLED),
    changed("customer enabled", Status.PENDING),
    changed("customer enabled", Status.DISABLED),
    changed("customer enabled", Status.BLOCKED),
    changed("customer blocked", Status.PENDING),
    GRANTED,
    REVOKED,
    ERASED,
)
PUBLISHED = PolicyPublished(
    project="default",
    policy="reviewed",
    policy_version=1,
    requirements=(EMAIL, DOCUMENTS),
    published_by=None,
    published_at=THEN,
)
OF_A_LOAN: dict[str, Any] = {
    "source": "/core-bank",
    "loan_id": "L-1",
    "loan_version": 2,
    "reported_at": THEN,
}
OF_AN_APPLICATION: dict[str, Any] = {
    "source": "/core-bank",
    "application_id": "S-1",
    "application_version": 2,
    "reported_at": THEN,
}
CREDIT_EVENTS: tuple[CreditEvent, ...] = (
    LoanRecorded(
        **OF_A_LOAN,
        report="loan-closed",
        status="closed",
        active=False,
        currency="COP",
        principal_cents=5,
        outstanding_cents=0,
        disbursed_at=THEN,
        closed_at=THEN,
        replaced_by_loan_id=None,
    ),
    LoanMovedAway(**OF_A_LOAN, to_person_id=UUID(int=7)),
    CreditApplicationRecorded(
        **OF_AN_APPLICATION,
        line="libranza",
        stage="study",
        stage_name=None,
        status="open",
        currency="COP",
        requested_cents=5,
        approved_cents=None,
        submitted_at=THEN,
        stage_since=THEN,
    ),
    CreditApplicationMovedAway(**OF_AN_APPLICATION, to_person_id=UUID(int=7)),
    CreditLimitRecorded(
        source="/core-bank",
        limit_cents=5,
        currency="COP",
        limit_version=1,
        valid_until=None,
        reported_at=THEN,
    ),
)
REFUSED = CreditReportRefused(
    topic=topics.CREDIT_LOANS,
    partition=0,
    offset=5,
    reported_event_id=None,
    reason_code="unknown-type",
    refused_at=THEN,
)
CASES: list[tuple[Codec, str, Any]] = [
    *((CUSTOMERS.codec, topics.CUSTOMER_REGISTRY_CUSTOMERS, event) for event in EXAMPLES),
    (POLICIES.codec, topics.CUSTOMER_REGISTRY_POLICIES, PUBLISHED),
    *((CREDITS.codec, topics.CUSTOMER_REGISTRY_CREDIT, event) for event in CREDIT_EVENTS),
    (CREDIT_REFUSALS.codec, topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS, REFUSED),
    *(
        (REVOCATIONS.codec, topics.ACCESS_REVOCATIONS, kind(registry_version=6))
        for kind in (SubjectDenied, SubjectAllowed, RolesRevoked)
    ),
]


@pytest.mark.parametrize(
    ("codec", "folder"),
    [
        (CUSTOMERS.codec, "customer"),
        (POLICIES.codec, "promotion-policy"),
        (REVOCATIONS.codec, "revocation"),
        (CREDITS.codec, "credit"),
        (CREDIT_REFUSALS.codec, "credit-refusal"),
    ],
)
def test_every_stored_type_still_loads(codec: Codec, folder: str) -> None:
    assert_samples_load(codec, SAMPLES / folder)


def test_every_event_of_the_domain_has_a_stored_type() -> None:
    assert_every_event_is_stored(CUSTOMERS.codec, CustomerEvent)
    assert_every_event_is_stored(POLICIES.codec, PolicyEvent)
    assert_every_event_is_stored(CREDITS.codec, CreditEvent)


def test_every_published_type_of_the_registrys_topics_has_an_example() -> None:
    written = {
        (topic, codec.encode(event).type)
        for codec, topic, event in CASES
        if topic != topics.ACCESS_REVOCATIONS
    }
    published = {
        (topic, type_)
        for topic in topics.TOPICS
        if topic.startswith("customer-registry.")
        for type_ in EVENTS[topic]
    }

    assert written == published


@pytest.mark.parametrize(
    ("codec", "topic", "event"), CASES, ids=[type(event).__name__ for _, _, event in CASES]
)
def test_a_stored_event_is_read_as_published_field_by_field(
    codec: Codec, topic: str, event: object
) -> None:
    encoded = codec.encode(event)

    model = parse(topic, encoded.type, orjson.dumps(encoded.data))

    assert model is not None
    assert model.model_dump(mode="json", exclude={"personal"}) == encoded.data


@pytest.mark.parametrize(
    ("codec", "example"),
    [
        (codec, path)
        for codec, topic in (
            (CUSTOMERS.codec, topics.CUSTOMER_REGISTRY_CUSTOMERS),
            (POLICIES.codec, topics.CUSTOMER_REGISTRY_POLICIES),
            (CREDITS.codec, topics.CUSTOMER_REGISTRY_CREDIT),
            (CREDIT_REFUSALS.codec, topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS),
        )
        for path in sorted((EXAMPLES_OF_THE_CONTRACT / topic).glob("*.json"))
    ],
    ids=lambda given: given.stem if isinstance(given, Path) else "",
)
def test_the_registry_writes_the_golden_examples_of_the_contract(
    codec: Codec, example: Path
) -> None:
    golden = orjson.loads(example.read_bytes())
    value = golden["value"]
    envelope = value.pop("personal", None)
    event = codec.decode(stored_sample(example.stem, value, envelope))
    if envelope is not None:
        event = codec.with_personal(event, golden["opened"])

    encoded = codec.encode(event)

    assert encoded.data == value
    assert encoded.personal == golden.get("opened")


def test_every_event_that_changes_the_status_has_the_new_status() -> None:
    statuses = {
        codec.encode(event).type: codec.encode(event).data["to_status"]
        for codec, _, event in CASES
        if "to_status" in codec.encode(event).data
    }

    assert statuses == {
        "pre-customer-registered.v1": "pending_email_verification",
        "pre-customer-activated.v1": "pending",
        "pre-customer-activated.v2": "pending",
        "pre-customer-promoted.v1": "enabled",
        "record-enabled.v1": "enabled",
        "record-set-pending.v1": "pending",
        "record-disabled.v1": "disabled",
        "record-blocked.v1": "blocked",
        "record-unblocked.v1": "pending",
    }
