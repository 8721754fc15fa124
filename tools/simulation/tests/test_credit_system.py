"""The credit system's records, read as a consumer reads them."""

from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]

from vinculo.contracts import Facts, parse, topics
from vinculo.contracts.credit import (
    CreditApplicationReported,
    CreditApplicationStatus,
    Loan,
    LoanStatus,
)
from vinculo.simulation.credit_system import CreditSystem
from vinculo.testing.fixture_types import MakeTopics

pytestmark = pytest.mark.servers


async def test_a_refinanced_loan_names_the_one_that_replaces_it(
    kafka: str, make_topics: MakeTopics
) -> None:
    (topic,) = await make_topics(topics.CREDIT_LOANS)
    person_id = uuid4()

    async with CreditSystem(kafka, topic_prefix=topic.removesuffix(topics.CREDIT_LOANS)) as credit:
        first = await credit.open_loan(person_id, principal_cents=1_000)
        paid = await credit.report(first, outstanding_cents=400)
        second = await credit.refinance(paid, principal_cents=2_000)
        await credit.close(second)

    loans = await read_loans(kafka, topic, count=5)
    assert {key for key, _, _ in loans} == {str(person_id)}
    assert [type_ for _, type_, _ in loans] == [
        "loan-opened.v1",
        "loan-reported.v1",
        "loan-opened.v1",
        "loan-refinanced.v1",
        "loan-closed.v1",
    ]
    refinanced, closed = loans[3][2], loans[4][2]
    assert (refinanced.loan_id, refinanced.loan_version) == (first.loan_id, 3)
    assert refinanced.status == LoanStatus.REFINANCED
    assert refinanced.replaced_by_loan_id == second.loan_id
    assert closed.closed_at is not None


async def test_every_stage_of_an_application_is_published_in_full(
    kafka: str, make_topics: MakeTopics
) -> None:
    (topic,) = await make_topics(topics.CREDIT_APPLICATIONS)
    prefix = topic.removesuffix(topics.CREDIT_APPLICATIONS)
    person_id = uuid4()

    async with CreditSystem(kafka, topic_prefix=prefix) as credit:
        received = await credit.receive_application(person_id, requested_cents=1_000)
        await credit.move_application(
            received, "approval", CreditApplicationStatus.APPROVED, approved_cents=900
        )

    first, second = await read_events(kafka, topic, count=2)
    assert first[0] == second[0] == str(person_id)
    filed, approved = first[2], second[2]
    assert isinstance(filed, CreditApplicationReported)
    assert isinstance(approved, CreditApplicationReported)
    assert (filed.stage, filed.application_version, filed.approved_cents) == ("filing", 1, None)
    assert (approved.stage_name, approved.application_version) == ("Aprobación", 2)
    assert approved.submitted_at == filed.submitted_at
    assert approved.approved_cents == 900


async def read_loans(kafka: str, topic: str, count: int) -> list[tuple[str, str, Loan]]:
    loans = []
    for key, type_, loan in await read_events(kafka, topic, count):
        assert isinstance(loan, Loan)
        loans.append((key, type_, loan))
    return loans


async def read_events(kafka: str, topic: str, count: int) -> list[tuple[str, str, Facts]]:
    name = topic[topic.index("credit.") :]
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        records = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    events = []
    for record in records:
        headers = {name: value.decode() for name, value in record.headers}
        type_ = headers["ce_type"].removeprefix("vinculo.credit.")
        event = parse(name, type_, record.value)
        assert event is not None
        assert headers["ce_subject"] == record.key.decode()
        events.append((record.key.decode(), type_, event))
    return events
