import pytest

from vinculo.contracts import Facts, event_types, parse, types_of
from vinculo.documents.consumers.consumer import TOPICS
from vinculo.documents.consumers.reactions import (
    RELEVANT_EVENTS,
    ClaimEnd,
    ClaimOpening,
    Erasure,
    StatusChange,
    access_change,
    claim_change,
    dossier_command,
)
from vinculo.documents.domain.dossier import Requirement
from vinculo.documents.domain.dossier_decisions import OpenDossier
from vinculo.documents.domain.requirement_set import RequirementSet, RequirementSets
from vinculo.testing.golden_examples import golden_record

from ..dossier_history import DEFAULT_REQUIREMENTS
from ..incoming_events import (
    ACTIVATED,
    BLOCKED,
    CLAIM,
    CLAIM_EXPIRED,
    CLAIM_GRANTED,
    CLAIM_OPENED,
    CLAIM_REFUSED,
    ERASED,
    NOW,
    PROMOTED,
    REGISTERED,
    STARTED,
    UNBLOCKED,
    VERIFIED,
)

SETS = RequirementSets(default=DEFAULT_REQUIREMENTS)


def test_a_started_application_opens_the_dossier_with_its_time() -> None:
    command = dossier_command(STARTED, SETS)

    assert command == OpenDossier(requirement_set=DEFAULT_REQUIREMENTS, now=NOW)


def test_a_project_may_have_its_own_requirements() -> None:
    statement = Requirement(code="bank_statement", kinds=("bank_statement",))
    own = RequirementSet(version=2, requirements=(statement,))
    sets = RequirementSets(default=DEFAULT_REQUIREMENTS, by_project={"microcredit": own})
    elsewhere = STARTED.model_copy(update={"project": "microcredit"})

    assert dossier_command(elsewhere, sets) == OpenDossier(requirement_set=own, now=NOW)
    assert dossier_command(STARTED, sets) == dossier_command(STARTED, SETS)


@pytest.mark.parametrize("event", [VERIFIED, REGISTERED, ERASED, None])
def test_no_other_event_opens_a_dossier(event: Facts | None) -> None:
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
def test_every_status_change_changes_access(event: Facts, status: str) -> None:
    assert access_change(event) == StatusChange(status=status)


def test_an_erasure_changes_access() -> None:
    assert access_change(ERASED) == Erasure(erased_at=NOW)


@pytest.mark.parametrize("event", [STARTED, VERIFIED, None])
def test_other_events_do_not_change_access(event: Facts | None) -> None:
    assert access_change(event) is None


def test_an_opened_claim_can_have_files_until_it_ends() -> None:
    assert claim_change(CLAIM_OPENED) == ClaimOpening(
        claim_id=CLAIM, expires_at=CLAIM_OPENED.expires_at
    )


@pytest.mark.parametrize("event", [CLAIM_GRANTED, CLAIM_REFUSED, CLAIM_EXPIRED])
def test_every_end_of_a_claim_ends_its_files(event: Facts) -> None:
    assert claim_change(event) == ClaimEnd(claim_id=CLAIM, ended_at=NOW)


@pytest.mark.parametrize("event", [STARTED, ERASED, None])
def test_other_events_do_not_change_claims(event: Facts | None) -> None:
    assert claim_change(event) is None


def test_exactly_the_events_with_a_reaction_are_relevant() -> None:
    """Events of other types are not decoded, so a missing one would lose its reaction."""
    for topic in TOPICS:
        relevant = types_of(topic, RELEVANT_EVENTS)
        for type_ in event_types(topic):
            event = parse(topic, type_, golden_record(topic, type_).value)
            reaction = dossier_command(event, SETS) or access_change(event) or claim_change(event)
            assert bool(reaction) == (type_ in relevant), type_
