"""What the events of other services mean here."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from vinculo.contracts import EVENTS, Facts, event_types, parse, topics, types_of
from vinculo.contracts.customer_registry import (
    InternalUserGranted,
    InternalUserRevoked,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordBlocked,
    RecordDisabled,
    RecordErased,
    RequirementsEvaluated,
)
from vinculo.contracts.documents import DocumentDemanded, DossierReopened, DossierSubmitted
from vinculo.contracts.notifications import MessageFailed
from vinculo.onboarding.consumers.consumer import CONSUMED_TOPICS
from vinculo.onboarding.consumers.reactions import (
    RELEVANT_EVENTS,
    AccountChange,
    RoleChange,
    account_change,
    application_command,
    is_erasure,
    registry_version,
    role_change,
)
from vinculo.onboarding.domain.activation_decisions import (
    DropUndeliverableSubmission,
    LapseApplication,
)
from vinculo.onboarding.domain.application_decisions import (
    EraseApplicant,
    RecordDocumentsProvided,
    RecordDocumentsReopened,
)
from vinculo.testing.golden_examples import golden_record

NOW = datetime(2026, 1, 1, tzinfo=UTC)

REGISTERED = PreCustomerRegistered(
    registration_number=1,
    project="default",
    to_status="pending_email_verification",
    cause="registration",
    registered_at=NOW,
)

ACTIVATED = PreCustomerActivated(
    from_status="pending_email_verification",
    to_status="pending",
    cause="activation",
    activated_at=NOW,
)

PROMOTED = PreCustomerPromoted(
    customer_id=UUID(int=9),
    project="default",
    policy="reviewed",
    policy_version=1,
    results=(),
    from_status="pending",
    to_status="enabled",
    cause="promotion",
    registered_at=NOW,
    completed_at=NOW,
    promoted_at=NOW,
)

BLOCKED = RecordBlocked(
    from_status="pending", to_status="blocked", cause="operator", reason_code="x", blocked_at=NOW
)

LAPSED = RecordDisabled(
    from_status="pending_email_verification",
    to_status="disabled",
    cause="activation_lapsed",
    reason_code="inactive",
    disabled_at=NOW,
)

ERASED = RecordErased(
    erasure_id=UUID(int=8), reason_code="duplicate", erased_by=UUID(int=7), erased_at=NOW
)

EVALUATED = RequirementsEvaluated(
    project="default",
    policy="reviewed",
    policy_version=1,
    all_met=False,
    results=(),
    evaluated_at=NOW,
)

REOPENED = DossierReopened(document_id=UUID(int=6), reopened_at=NOW)

DEMANDED = DocumentDemanded(kind="payslip", demanded_by=UUID(int=7), demanded_at=NOW)


def test_a_submitted_dossier_is_the_fourth_step() -> None:
    submitted = DossierSubmitted(document_ids=(), submitted_at=NOW)

    assert application_command(submitted) == RecordDocumentsProvided(provided_at=NOW)


def test_an_activation_mail_that_no_server_takes_ends_its_submission() -> None:
    failed = MessageFailed(
        message_id=UUID(int=1),
        template="activation",
        reason_code="address_refused",
        attempts=1,
        failed_at=NOW,
        link_id=UUID(int=2),
    )
    drop = DropUndeliverableSubmission(link_id=UUID(int=2), now=NOW)

    for reason in ("address_refused", "message_refused", "attempts_exhausted"):
        assert application_command(failed.model_copy(update={"reason_code": reason})) == drop
    for change in ({"reason_code": "link_expired"}, {"template": "welcome"}, {"link_id": None}):
        assert application_command(failed.model_copy(update=change)) is None


def test_an_erased_record_is_an_erased_applicant() -> None:
    assert application_command(ERASED) == EraseApplicant(now=NOW)
    assert is_erasure(ERASED)


def test_a_record_disabled_for_inactivity_is_a_lapsed_application() -> None:
    assert application_command(LAPSED) == LapseApplication(lapsed_at=NOW)
    assert application_command(LAPSED.model_copy(update={"cause": "operator"})) is None
    assert account_change(LAPSED) == AccountChange(status="disabled")


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (REGISTERED, AccountChange(status="pending_email_verification", kind="pre_customer")),
        (ACTIVATED, AccountChange(status="pending")),
        (PROMOTED, AccountChange(status="enabled", kind="customer", customer_id=UUID(int=9))),
        (BLOCKED, AccountChange(status="blocked")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_account_stores_the_registrys_status(event: Any, change: AccountChange) -> None:
    assert account_change(event) == change


@pytest.mark.parametrize("event", [EVALUATED, None], ids=lambda e: type(e).__name__)
def test_other_events_mean_nothing_here(event: Any) -> None:
    assert application_command(event) is None
    assert account_change(event) is None
    assert not is_erasure(event)


@pytest.mark.parametrize("event", [REOPENED, DEMANDED], ids=lambda e: type(e).__name__)
def test_a_dossier_that_needs_the_person_reopens_the_step(event: Any) -> None:
    assert application_command(event) == RecordDocumentsReopened(reopened_at=NOW)


def test_the_account_stores_the_role_of_an_internal_user() -> None:
    granted = InternalUserGranted(
        role="operator", reason_code="joined_staff", granted_by=UUID(int=7), granted_at=NOW
    )
    revoked = InternalUserRevoked(cause="record_blocked", reason_code="other", revoked_at=NOW)

    assert role_change(granted) == RoleChange(internal_role="operator")
    assert role_change(revoked) == RoleChange(internal_role=None)
    assert role_change(BLOCKED) is None


def test_no_event_that_changes_the_status_is_ignored() -> None:
    models = EVENTS[topics.CUSTOMER_REGISTRY_CUSTOMERS].values()
    for model in models:
        if "to_status" in model.model_fields:
            event = model.model_construct(to_status="disabled", customer_id=UUID(int=9))
            assert account_change(event) is not None, model.__name__


def _has_reaction(event: Facts | None) -> bool:
    reactions = (application_command(event), account_change(event), role_change(event))
    return any(reactions) or is_erasure(event)


def test_exactly_the_events_with_a_reaction_are_relevant() -> None:
    """Events of other types are not decoded, so a missing one would lose its reaction."""
    for topic in CONSUMED_TOPICS:
        relevant = types_of(topic, RELEVANT_EVENTS)
        for type_ in event_types(topic):
            event = parse(topic, type_, golden_record(topic, type_).value)
            assert _has_reaction(event) == (type_ in relevant), type_


def test_the_registrys_version_is_that_of_the_event_if_it_has_one() -> None:
    assert registry_version(REGISTERED) is None
    assert registry_version(REGISTERED.model_copy(update={"status_version": 4})) == 4
    assert registry_version(DossierSubmitted(document_ids=(), submitted_at=NOW)) is None
