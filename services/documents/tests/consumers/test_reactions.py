from datetime import UTC, datetime
from uuid import UUID

import pytest

from vinculo.contracts import Facts
from vinculo.contracts.customer_registry import (
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordBlocked,
    RecordErased,
    RecordUnblocked,
)
from vinculo.contracts.onboarding import ApplicationStarted, EmailVerified
from vinculo.documents.consumers.reactions import (
    ErasureLearned,
    StatusLearned,
    access_learned,
    dossier_command,
)
from vinculo.documents.domain.dossier import Requirement
from vinculo.documents.domain.dossier_decisions import OpenDossier
from vinculo.documents.domain.requirement_set import RequirementSet, RequirementSets

from ..dossier_history import USUAL_REQUIREMENTS

SETS = RequirementSets(usual=USUAL_REQUIREMENTS)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
STARTED = ApplicationStarted(
    registration_id=UUID(int=1),
    project="default",
    channel="web",
    locale="es",
    country="CO",
    document_type="CC",
    started_at=NOW,
)
VERIFIED = EmailVerified(link_id=UUID(int=2), verified_at=NOW)
REGISTERED = PreCustomerRegistered(
    registration_number=1,
    project="default",
    to_status="pending_email_verification",
    cause="registration",
    registered_at=NOW,
)
ACTIVATED = PreCustomerActivated(
    from_status="pending_email_verification", to_status="pending", cause="link", activated_at=NOW
)
PROMOTED = PreCustomerPromoted(
    customer_id=UUID(int=3),
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
UNBLOCKED = RecordUnblocked(
    from_status="blocked", to_status="pending", cause="admin", reason_code="x", unblocked_at=NOW
)
ERASED = RecordErased(
    erasure_id=UUID(int=4), reason_code="requested", erased_by=UUID(int=5), erased_at=NOW
)


def test_an_application_started_opens_the_dossier_at_that_moment() -> None:
    command = dossier_command(STARTED, SETS)

    assert command == OpenDossier(requirement_set=USUAL_REQUIREMENTS, now=NOW)


def test_a_credit_line_may_require_documents_of_its_own() -> None:
    statement = Requirement(code="bank_statement", kinds=("bank_statement",))
    own = RequirementSet(version=2, requirements=(statement,))
    sets = RequirementSets(usual=USUAL_REQUIREMENTS, by_project={"microcredit": own})
    elsewhere = STARTED.model_copy(update={"project": "microcredit"})

    assert dossier_command(elsewhere, sets) == OpenDossier(requirement_set=own, now=NOW)
    assert dossier_command(STARTED, sets) == dossier_command(STARTED, SETS)


@pytest.mark.parametrize("event", [VERIFIED, REGISTERED, ERASED, None])
def test_nothing_else_opens_a_dossier(event: Facts | None) -> None:
    assert dossier_command(event, SETS) is None


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (REGISTERED, "pending_email_verification"),
        (ACTIVATED, "pending"),
        (PROMOTED, "enabled"),
        (BLOCKED, "blocked"),
        (UNBLOCKED, "pending"),
    ],
)
def test_every_move_of_status_is_learned(event: Facts, status: str) -> None:
    assert access_learned(event) == StatusLearned(status=status)


def test_an_erasure_is_learned() -> None:
    assert access_learned(ERASED) == ErasureLearned(erased_at=NOW)


@pytest.mark.parametrize("event", [STARTED, VERIFIED, None])
def test_other_events_tell_nothing_of_access(event: Facts | None) -> None:
    assert access_learned(event) is None
