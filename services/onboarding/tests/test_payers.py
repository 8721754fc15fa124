"""Paying entities are registered once."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from vinculo.eventstore.testing import Scenario
from vinculo.onboarding.domain.payer_decisions import PAYER, AnotherPayerIsHere, RegisterPayer
from vinculo.onboarding.domain.payer_events import PayerRegistered

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REGISTER = RegisterPayer(
    name="Alcaldía de Tunja",
    tax_id="891800846-1",
    agreement="Convenio 12",
    contact_name="Nómina",
    registered_by=UUID(int=3),
    now=NOW,
)
REGISTERED = PayerRegistered(
    name="Alcaldía de Tunja",
    tax_id="891800846-1",
    agreement="Convenio 12",
    contact_name="Nómina",
    registered_by=UUID(int=3),
    registered_at=NOW,
)

payer = Scenario(PAYER)


def test_a_payer_is_registered() -> None:
    payer.given().when(REGISTER).then(REGISTERED)


def test_the_same_payer_again_records_nothing() -> None:
    payer.given(REGISTERED).when(REGISTER).then_nothing_happens()


def test_a_stream_belongs_to_one_tax_id() -> None:
    other = replace(REGISTER, tax_id="860034313-7")

    payer.given(REGISTERED).when(other).then_refused(AnotherPayerIsHere)
