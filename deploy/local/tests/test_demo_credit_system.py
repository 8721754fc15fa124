"""The loans that the demonstration's credit system writes, read as any consumer reads them."""

from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]

from vinculo.contracts import parse, topics
from vinculo.contracts.credit import Loan, LoanStatus
from vinculo.local.demo import CreditSystem
from vinculo.local.testing.fixture_types import MakeTopics

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
    assert refinanced.status is LoanStatus.REFINANCED
    assert refinanced.replaced_by_loan_id == second.loan_id
    assert closed.closed_at is not None


async def read_loans(kafka: str, topic: str, count: int) -> list[tuple[str, str, Loan]]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        records = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    loans = []
    for record in records:
        headers = {name: value.decode() for name, value in record.headers}
        type_ = headers["ce_type"].removeprefix("vinculo.credit.")
        loan = parse(topics.CREDIT_LOANS, type_, record.value)
        assert isinstance(loan, Loan)
        assert headers["ce_subject"] == record.key.decode()
        loans.append((record.key.decode(), type_, loan))
    return loans
