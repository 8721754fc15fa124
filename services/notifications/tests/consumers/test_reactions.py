"""How events change the progress of an application."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from vinculo.contracts import event_types, parse, types_of
from vinculo.contracts.customer_registry import (
    PreCustomerActivated,
    RecordBlocked,
    RecordDisabled,
    RecordErased,
    RecordUnblocked,
)
from vinculo.contracts.envelope import Facts
from vinculo.contracts.onboarding import (
    ApplicationCompleted,
    DocumentsProvided,
    EmailCorrected,
    EmailVerified,
    EmploymentDeclared,
    PasswordChanged,
    SubmissionDropped,
)
from vinculo.notifications.consumers.consumer import SUBSCRIBED_TOPICS
from vinculo.notifications.consumers.reactions import (
    RELEVANT_EVENTS,
    progress_after,
    replaced_part,
    trigger_of,
)
from vinculo.notifications.domain.application_progress import (
    ApplicationProgress,
    NextStep,
    reminder_due,
)
from vinculo.testing.golden_examples import golden_record

NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
IDLE = (timedelta(days=2), timedelta(days=7))
STARTED = ApplicationProgress(
    person_id=UUID(int=1), last_event_id=UUID(int=2), last_event_at=NOW, has_started=True
)
VERIFIED = EmailVerified(link_id=uuid4(), verified_at=NOW)
EMPLOYED = EmploymentDeclared(
    payer_id=uuid4(), contract_type="indefinite", currency="COP", declared_at=NOW
)
PROVIDED = DocumentsProvided(provided_at=NOW)
COMPLETED = ApplicationCompleted(completed_at=NOW)
MOVE = {"from_status": "pending", "to_status": "blocked", "cause": "operator", "reason_code": "x"}
BLOCKED = RecordBlocked.model_validate({**MOVE, "blocked_at": NOW})
LAPSED = RecordDisabled.model_validate(
    {**MOVE, "to_status": "disabled", "cause": "activation_lapsed", "disabled_at": NOW}
)
REVIVED = PreCustomerActivated(
    from_status="disabled", to_status="pending", cause="activation", activated_at=NOW
)
UNBLOCKED = RecordUnblocked.model_validate({**MOVE, "unblocked_at": NOW})


def folded(*events: Facts) -> ApplicationProgress:
    progress = STARTED
    for event in events:
        progress = progress_after(event, progress) or progress
    return progress


@pytest.mark.parametrize(
    ("events", "step"),
    [
        ((), NextStep.ACTIVATION),
        ((EMPLOYED,), NextStep.ACTIVATION),
        ((VERIFIED,), NextStep.EMPLOYMENT),
        ((VERIFIED, PROVIDED), NextStep.EMPLOYMENT),
        ((VERIFIED, EMPLOYED), NextStep.DOCUMENTS),
        ((PROVIDED, VERIFIED, EMPLOYED), NextStep.COMPLETION),
    ],
)
def test_the_next_step_is_the_first_that_is_missing(
    events: tuple[Facts, ...], step: NextStep
) -> None:
    assert folded(*events).next_step is step


@pytest.mark.parametrize("events", [(COMPLETED,), (BLOCKED,), (LAPSED,), (COMPLETED, UNBLOCKED)])
def test_a_completed_or_blocked_application_is_not_reminded(events: tuple[Facts, ...]) -> None:
    assert reminder_due(folded(*events), IDLE, NOW + timedelta(days=30)) is None


def test_an_unblocked_person_may_be_reminded_again() -> None:
    assert reminder_due(folded(BLOCKED, UNBLOCKED), IDLE, NOW + timedelta(days=30)) is not None


def test_an_activation_after_the_lapse_allows_reminders_again() -> None:
    revived = folded(LAPSED, VERIFIED, REVIVED)

    assert reminder_due(revived, IDLE, NOW + timedelta(days=30)) is not None
    assert revived.next_step is NextStep.EMPLOYMENT


def test_an_event_that_does_not_concern_the_application_changes_nothing() -> None:
    assert progress_after(PasswordChanged(cause="reset", changed_at=NOW), STARTED) is None
    assert progress_after(None, STARTED) is None


def _has_reaction(event: Facts | None) -> bool:
    trigger = trigger_of(event, event_id=UUID(int=1), person_id=UUID(int=2))
    reactions = (trigger, replaced_part(event), progress_after(event, STARTED))
    return any(reactions) or isinstance(event, RecordErased | SubmissionDropped | EmailCorrected)


def test_exactly_the_events_with_a_reaction_are_relevant() -> None:
    """Events of other types are not decoded, so a missing one would lose its reaction."""
    for topic in SUBSCRIBED_TOPICS:
        relevant = types_of(topic, RELEVANT_EVENTS)
        for type_ in event_types(topic):
            event = parse(topic, type_, golden_record(topic, type_).value)
            assert _has_reaction(event) == (type_ in relevant), type_
