"""The guide for credit systems shows a report that is accepted, and every reason of a refusal."""

import re
from dataclasses import replace
from pathlib import Path

from vinculo.contracts import event_types, topics
from vinculo.contracts.credit_records import RefusalReason
from vinculo.customer_registry.consumers.credit_reports import check_headers, parse_report

from ..incoming_events import Applicant

GUIDE = (Path(__file__).parents[4] / "docs" / "reporting-credit.md").read_text("utf-8")


def test_the_report_of_the_guide_is_accepted() -> None:
    headers, value = re.findall(r"```(?:json)?\n(.*?)```", GUIDE, re.DOTALL)
    sent = dict(line.split(": ", 1) for line in headers.splitlines())
    record = replace(
        Applicant().loan("A", 1).record(),
        key=sent["ce_subject"].encode(),
        headers=tuple((name, text.encode()) for name, text in sent.items()),
    )

    check_headers(record)
    event_type = sent["ce_type"].split(".", 2)[-1]
    assert parse_report(topics.CREDIT_LOANS, event_type, value.encode()) is not None


def test_the_guide_names_every_type_and_every_reason() -> None:
    for topic in (topics.CREDIT_LOANS, topics.CREDIT_APPLICATIONS):
        assert all(f"`{event_type}`" in GUIDE for event_type in event_types(topic))
    assert all(f"`{reason.value}`" in GUIDE for reason in RefusalReason)
