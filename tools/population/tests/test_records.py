"""Records are readable by the contracts, and their personal parts with the person's key."""

import itertools
from dataclasses import replace
from uuid import UUID

import orjson
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from pydantic import BaseModel

from vinculo.contracts import EVENTS, credit, documents, onboarding, parse
from vinculo.customer_registry.consumers.credit_reports import check_headers, parse_report
from vinculo.population.lifecycles import CreditHistory
from vinculo.population.person_streams import CreditReport
from vinculo.privacy.envelopes import decrypt_envelope

from .generated_people import CIPHER, ENCODER, PEOPLE, all_records, type_of

NO_RECORD = ConsumerRecord(
    topic="",
    partition=0,
    offset=0,
    timestamp=0,
    timestamp_type=0,
    key=b"",
    value=b"",
    checksum=None,
    serialized_key_size=0,
    serialized_value_size=0,
    headers=(),
)
PERSONAL: dict[str, type[BaseModel]] = {
    "application-started.v1": onboarding.PersonDetails,
    "email-verified.v2": onboarding.PersonDetails,
    "employment-declared.v1": onboarding.EmploymentDetails,
    "document-rejected.v1": documents.RejectionNote,
}


def test_every_record_equals_its_contract_model() -> None:
    seen = set()
    for record in all_records():
        topic, type_ = record.topic.removeprefix("load-"), type_of(record)
        event = parse(topic, type_, record.value)
        assert event is not None
        value = orjson.loads(record.value)
        value.pop("personal", None)
        assert event.model_dump(mode="json", exclude={"personal"}) == value
        seen.add(type_)

    assert seen >= {"loan-refinanced.v1", "document-rejected.v1", "application-lapsed.v1"}
    assert seen <= set(itertools.chain.from_iterable(EVENTS.values()))


def test_personal_parts_equal_their_contract_models_after_decryption() -> None:
    sealed = [r for r in all_records() if b'"personal":{' in r.value]
    for record in sealed:
        headers = dict(record.headers)
        plain = decrypt_envelope(
            CIPHER,
            UUID(headers["ce_subject"].decode()),
            UUID(headers["ce_id"].decode()),
            orjson.loads(record.value)["personal"],
        )
        assert plain.pop("v") == 1
        assert PERSONAL[type_of(record)].model_validate(plain).model_dump(mode="json") == plain

    assert len(sealed) > 300


def test_every_report_of_a_credit_system_is_one_that_the_registry_accepts() -> None:
    reports = [record for record in all_records() if record.topic.startswith("load-credit.")]
    for report in reports:
        record = replace(NO_RECORD, key=report.key, value=report.value, headers=report.headers)
        check_headers(record)
        assert parse_report(report.topic.removeprefix("load-"), type_of(report), report.value)

    assert len(reports) > 100


def test_the_registry_records_every_report() -> None:
    recorded = [r for r in all_records() if r.topic == "load-customer-registry.credit"]
    reported = [r for r in all_records() if r.topic.startswith("load-credit.")]

    assert len(recorded) == len(reported)
    assert {r.key for r in recorded} == {r.key for r in reported}


def test_a_credit_report_equals_that_of_a_credit_system() -> None:
    history = next(each for each in PEOPLE if each.person.lifecycle.credit is CreditHistory.ONE)
    loan = next(
        ENCODER.encode(event)
        for event in history.events
        if isinstance(event, CreditReport) and isinstance(event.state, credit.LoanOpened)
    )
    headers = dict(loan.headers)

    assert loan.topic == "load-credit.loans"
    assert loan.key == headers["ce_subject"] == str(history.person.person_id).encode()
    assert headers["ce_type"] == b"vinculo.credit.loan-opened.v1"
    assert headers["ce_source"] == b"/credit/loans"
    assert "ce_streamid" not in headers
