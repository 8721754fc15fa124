"""The decisions on a payer, by operations and applicants."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.payer import (
    PayerAccepted,
    PayerChanged,
    PayerDetails,
    PayerProposed,
    PayerRefused,
    PayerRegistered,
    PayerReinstated,
    PayerSuspended,
    ProposalRefusal,
    SuspensionReason,
)
from vinculo.onboarding.domain.payer_decisions import (
    PAYER,
    AcceptPayer,
    ChangePayer,
    NoSuchPayer,
    NotAProposal,
    PayerIdTaken,
    PayerNotListed,
    ProposePayer,
    RefusePayer,
    RegisterPayer,
    ReinstatePayer,
    SamePayerNotNamed,
    SuspendPayer,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)

BY = UUID(int=3)

FIELDS: dict[str, Any] = {
    "name": "Alcaldía de Tunja",
    "tax_id": "891800846-1",
    "agreement": "Convenio 12",
    "contact_name": "Nómina",
}

OTHER_FIELDS = {**FIELDS, "name": "Alcaldía Mayor de Tunja", "agreement": None}

DETAILS = PayerDetails(**FIELDS)

OTHER = PayerDetails(**OTHER_FIELDS)

REGISTER = RegisterPayer(details=DETAILS, registered_by=BY, now=NOW)

PROPOSE = ProposePayer(name="alcaldia tunja", tax_id=None, proposed_by=UUID(int=8), now=NOW)

ACCEPT = AcceptPayer(details=DETAILS, accepted_by=BY, now=NOW)

REFUSE = RefusePayer(reason_code=ProposalRefusal.NOT_A_PAYER, same_as=None, refused_by=BY, now=NOW)

REFUSE_DUPLICATE = replace(REFUSE, reason_code=ProposalRefusal.DUPLICATE, same_as=UUID(int=2))

CHANGE = ChangePayer(details=OTHER, changed_by=BY, now=NOW)

SUSPEND = SuspendPayer(reason_code=SuspensionReason.AGREEMENT_ENDED, suspended_by=BY, now=NOW)

REINSTATE = ReinstatePayer(reinstated_by=BY, now=NOW)

REGISTERED = PayerRegistered(**FIELDS, registered_by=BY, registered_at=NOW)

PROPOSED = PayerProposed(name="alcaldia tunja", proposed_by=UUID(int=8), proposed_at=NOW)

ACCEPTED = PayerAccepted(**FIELDS, accepted_by=BY, accepted_at=NOW)

REFUSED = PayerRefused(reason_code=ProposalRefusal.NOT_A_PAYER, refused_by=BY, refused_at=NOW)

REFUSED_DUPLICATE = replace(REFUSED, reason_code=ProposalRefusal.DUPLICATE, same_as=UUID(int=2))

CHANGED = PayerChanged(**OTHER_FIELDS, changed_by=BY, changed_at=NOW)

SUSPENDED = PayerSuspended(
    reason_code=SuspensionReason.AGREEMENT_ENDED, suspended_by=BY, suspended_at=NOW
)

REINSTATED = PayerReinstated(reinstated_by=BY, reinstated_at=NOW)

payer = Scenario(PAYER)


def test_a_payer_is_registered() -> None:
    payer.given().when(REGISTER).then(REGISTERED)


def test_the_same_payer_again_records_nothing() -> None:
    payer.given(REGISTERED).when(REGISTER).then_nothing_happens()
    payer.given(REGISTERED, SUSPENDED).when(REGISTER).then_nothing_happens()


def test_a_stream_belongs_to_one_tax_id() -> None:
    other = replace(REGISTER, details=replace(DETAILS, tax_id="860034313-7"))

    payer.given(REGISTERED).when(other).then_refused(PayerIdTaken)
    payer.given(PROPOSED).when(REGISTER).then_refused(PayerIdTaken)


def test_a_payer_is_proposed() -> None:
    payer.given().when(PROPOSE).then(PROPOSED)


def test_a_tax_id_given_later_is_added_under_the_first_name() -> None:
    later = replace(PROPOSE, name="Alcaldia Tunja", tax_id="891800846-1")

    payer.given(PROPOSED).when(later).then(replace(PROPOSED, tax_id="891800846-1"))


@pytest.mark.parametrize(
    "history",
    [(PROPOSED,), (PROPOSED, ACCEPTED), (PROPOSED, REFUSED), (REGISTERED,)],
)
def test_a_known_payer_is_not_proposed_again(history: tuple[Any, ...]) -> None:
    payer.given(*history).when(PROPOSE).then_nothing_happens()


def test_a_proposal_is_accepted_as_operations_completed_it() -> None:
    payer.given(PROPOSED).when(ACCEPT).then(ACCEPTED)


def test_accepting_again_with_the_same_details_records_nothing() -> None:
    payer.given(PROPOSED, ACCEPTED).when(ACCEPT).then_nothing_happens()


def test_only_an_open_proposal_is_accepted() -> None:
    payer.given().when(ACCEPT).then_refused(NoSuchPayer)
    payer.given(PROPOSED, REFUSED).when(ACCEPT).then_refused(NotAProposal)
    payer.given(PROPOSED, ACCEPTED, CHANGED).when(ACCEPT).then_refused(NotAProposal)


def test_a_proposal_is_refused_with_a_reason() -> None:
    payer.given(PROPOSED).when(REFUSE).then(REFUSED)
    payer.given(PROPOSED).when(REFUSE_DUPLICATE).then(REFUSED_DUPLICATE)


def test_refusing_again_records_nothing() -> None:
    payer.given(PROPOSED, REFUSED).when(REFUSE).then_nothing_happens()


def test_only_an_open_proposal_is_refused() -> None:
    payer.given().when(REFUSE).then_refused(NoSuchPayer)
    payer.given(REGISTERED).when(REFUSE).then_refused(NotAProposal)
    payer.given(PROPOSED, REFUSED).when(REFUSE_DUPLICATE).then_refused(NotAProposal)


def test_a_duplicate_and_nothing_else_names_another_payer() -> None:
    nameless = replace(REFUSE_DUPLICATE, same_as=None)
    named = replace(REFUSE, same_as=UUID(int=2))

    payer.given(PROPOSED).when(nameless).then_refused(SamePayerNotNamed)
    payer.given(PROPOSED).when(named).then_refused(SamePayerNotNamed)


def test_a_payer_is_changed() -> None:
    payer.given(REGISTERED).when(CHANGE).then(CHANGED)
    payer.given(PROPOSED, ACCEPTED, SUSPENDED).when(CHANGE).then(CHANGED)


def test_a_change_that_changes_nothing_records_nothing() -> None:
    payer.given(REGISTERED, CHANGED).when(CHANGE).then_nothing_happens()


def test_only_a_listed_payer_is_changed() -> None:
    payer.given().when(CHANGE).then_refused(NoSuchPayer)
    payer.given(PROPOSED).when(CHANGE).then_refused(PayerNotListed)


def test_a_payer_is_suspended_and_reinstated() -> None:
    payer.given(REGISTERED).when(SUSPEND).then(SUSPENDED)
    payer.given(REGISTERED, SUSPENDED).when(REINSTATE).then(REINSTATED)
    payer.given(REGISTERED, SUSPENDED, REINSTATED).when(SUSPEND).then(SUSPENDED)


def test_suspending_or_reinstating_again_records_nothing() -> None:
    payer.given(REGISTERED, SUSPENDED).when(SUSPEND).then_nothing_happens()
    payer.given(REGISTERED).when(REINSTATE).then_nothing_happens()


def test_only_a_listed_payer_is_suspended_or_reinstated() -> None:
    payer.given().when(SUSPEND).then_refused(NoSuchPayer)
    payer.given(PROPOSED, REFUSED).when(SUSPEND).then_refused(PayerNotListed)
    payer.given(PROPOSED).when(REINSTATE).then_refused(PayerNotListed)
