"""Reports of credit systems become the registry's own events, with a real database."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.customer_registry.evaluation.facts import ClearFact
from vinculo.customer_registry.storage.credit import save_loan
from vinculo.customer_registry.storage.people import lock_or_insert_person, save_person
from vinculo.messaging import QuarantineReason

from ..incoming_events import COMPLETED, STARTED, Applicant
from ..registry_harness import RegistryHarness

pytestmark = pytest.mark.servers

LARGEST_VERSION = 2**53 - 1


async def test_loans_of_an_unknown_person_count_when_the_application_arrives(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    a, b = new_id(), new_id()
    await registry.report(applicant.loan(a, 1), applicant.loan(b, 1))
    await registry.report(applicant.loan(b, 2, "closed"))
    await registry.deliver(await applicant.started(registry.keys))

    assert await active_loans(registry, applicant) == 1


async def test_an_older_report_of_a_loan_is_ignored(registry: RegistryHarness) -> None:
    applicant, loan = Applicant(), new_id()
    await registry.report(applicant.loan(loan, 3, "closed"))
    await registry.report(applicant.loan(loan, 2, "active"))

    assert await active_loans(registry, applicant) == 0
    assert [version for _, version, _ in await registry.credit(applicant.person_id)] == [1]


async def test_a_loan_is_recorded_whole_in_a_stream_of_its_person(
    registry: RegistryHarness,
) -> None:
    applicant, loan = Applicant(), new_id()
    opened = applicant.loan(loan, 1795892065414, replaced_by_loan_id=None, of_a_later_version=[1])
    await registry.report(opened)

    ((type_, version, facts),) = await registry.credit(applicant.person_id)

    assert (type_, version) == ("loan-recorded", 1)
    assert facts == {
        "source": "/core-bank",
        "report": "loan-reported",
        "loan_id": loan,
        "loan_version": 1795892065414,
        "status": "active",
        "active": True,
        "currency": "COP",
        "principal_cents": 500_000_000,
        "outstanding_cents": 400_000_000,
        "disbursed_at": STARTED.isoformat().replace("+00:00", "Z"),
        "closed_at": None,
        "replaced_by_loan_id": None,
        "reported_at": COMPLETED.isoformat().replace("+00:00", "Z"),
    }


async def test_the_largest_version_and_the_longest_id_are_stored(
    registry: RegistryHarness,
) -> None:
    applicant = Applicant()
    loan = uuid4().hex.ljust(200, "x")
    await registry.report(applicant.loan(loan, LARGEST_VERSION - 1))
    await registry.report(applicant.loan(loan, LARGEST_VERSION, "closed"))

    assert await active_loans(registry, applicant) == 0
    assert [f["loan_version"] for _, _, f in await registry.credit(applicant.person_id)] == [
        LARGEST_VERSION - 1,
        LARGEST_VERSION,
    ]


async def test_an_unknown_status_of_a_loan_is_active(registry: RegistryHarness) -> None:
    applicant = Applicant()
    await registry.report(applicant.loan(new_id(), 1, "restructured"))

    ((_, _, facts),) = await registry.credit(applicant.person_id)
    assert (facts["status"], facts["active"]) == ("restructured", True)
    assert await active_loans(registry, applicant) == 1


async def test_a_loan_moves_to_the_person_of_its_newest_report(registry: RegistryHarness) -> None:
    first, second, loan = Applicant(), Applicant(), new_id()
    await registry.report(first.loan(loan, 1))
    await registry.report(second.loan(loan, 2))
    await registry.report(first.loan(loan, 2), first.loan(loan, 1))

    assert [await active_loans(registry, each) for each in (first, second)] == [0, 1]
    assert [(t, v) for t, v, _ in await registry.credit(first.person_id)] == [
        ("loan-recorded", 1),
        ("loan-moved-away", 2),
    ]
    assert [(t, v) for t, v, _ in await registry.credit(second.person_id)] == [("loan-recorded", 1)]
    (_, (_, _, moved)) = await registry.credit(first.person_id)
    assert (moved["to_person_id"], moved["loan_version"]) == (str(second.person_id), 2)


async def test_a_loan_that_moves_back_continues_its_stream(registry: RegistryHarness) -> None:
    first, second, loan = Applicant(), Applicant(), new_id()
    for version, applicant in ((1, first), (4, second), (9, first)):
        await registry.report(applicant.loan(loan, version))

    assert [await active_loans(registry, each) for each in (first, second)] == [1, 0]
    assert [(t, v) for t, v, _ in await registry.credit(first.person_id)] == [
        ("loan-recorded", 1),
        ("loan-moved-away", 2),
        ("loan-recorded", 3),
    ]


async def test_loans_of_two_systems_and_an_application_may_have_one_number(
    registry: RegistryHarness,
) -> None:
    applicant, number = Applicant(), new_id()
    other = replace(applicant.loan(number, 1), source="/other-bank")
    await registry.report(applicant.loan(number, 1), other)
    await registry.report(applicant.credit_application(number, 1, "filing"))

    assert await active_loans(registry, applicant) == 2
    assert [v for _, v, _ in await registry.credit(applicant.person_id)] == [1, 1, 1]


async def test_stages_of_an_application_are_kept_in_any_order_and_once(
    registry: RegistryHarness,
) -> None:
    applicant, application = Applicant(), new_id()
    reports = [
        applicant.credit_application(application, version, stage)
        for version, stage in ((3, "approval"), (2, "study"), (1, "filing"))
    ]
    for report in reports:
        await registry.report(report)
    await registry.report(*reports)

    credit = await registry.credit(applicant.person_id)
    assert [
        (type_, version, facts["application_version"], facts["stage"])
        for type_, version, facts in credit
    ] == [
        ("credit-application-recorded", 1, 3, "approval"),
        ("credit-application-recorded", 2, 2, "study"),
        ("credit-application-recorded", 3, 1, "filing"),
    ]
    assert credit[1][2]["stage_since"] == "2026-11-07T14:00:00Z"


async def test_an_application_moves_and_older_stages_of_the_person_before_are_dropped(
    registry: RegistryHarness,
) -> None:
    first, second, application = Applicant(), Applicant(), new_id()
    await registry.report(first.credit_application(application, 2, "study"))
    await registry.report(second.credit_application(application, 3, "approval"))
    await registry.report(first.credit_application(application, 1, "filing"))
    await registry.report(second.credit_application(application, 1, "filing"))

    assert [t for t, _, _ in await registry.credit(first.person_id)] == [
        "credit-application-recorded",
        "credit-application-moved-away",
    ]
    assert [f["stage"] for _, _, f in await registry.credit(second.person_id)] == [
        "approval",
        "filing",
    ]


async def test_a_newer_credit_limit_replaces_the_older_one(registry: RegistryHarness) -> None:
    applicant = Applicant()
    await registry.report(applicant.credit_limit(2, 800_000_000))
    await registry.report(applicant.credit_limit(1, 100), applicant.credit_limit(3, 0))

    credit = await registry.credit(applicant.person_id)
    assert [(t, f["limit_version"], f["limit_cents"]) for t, _, f in credit] == [
        ("credit-limit-recorded", 2, 800_000_000),
        ("credit-limit-recorded", 3, 0),
    ]
    assert credit[0][2]["valid_until"] == "2027-12-31"


async def test_nothing_is_recorded_for_an_erased_person_who_even_takes_a_loan_away(
    registry: RegistryHarness,
) -> None:
    erased, other, loan = Applicant(), Applicant(), new_id()
    async with registry.dependencies.store.engine.begin() as connection:
        person = await lock_or_insert_person(connection, erased.person_id)
        await save_person(connection, replace(person, erased_at=STARTED))
    await registry.report(other.loan(loan, 1))
    await registry.report(erased.loan(loan, 2), erased.loan(new_id(), 1))

    assert await registry.credit(erased.person_id) == []
    assert [t for t, _, _ in await registry.credit(other.person_id)] == [
        "loan-recorded",
        "loan-moved-away",
    ]
    assert await active_loans(registry, other) == 0


async def test_reports_of_the_same_loans_in_two_partitions_do_not_block_each_other(
    registry: RegistryHarness,
) -> None:
    people = [Applicant() for _ in range(6)]
    loans = [new_id() for _ in range(6)]
    batches = [
        [
            people[(n + shift) % 6].loan(loan, 2 * version + shift % 2)
            for version in range(1, 6)
            for n, loan in enumerate(order)
        ]
        for shift, order in enumerate((loans, loans[::-1]))
    ]

    await asyncio.gather(*(registry.report(*batch) for batch in batches))

    counts = [await active_loans(registry, person) for person in people]
    assert sum(counts) == 6
    present = 0
    for person in people:
        streams: dict[str, tuple[str, list[int]]] = {}
        for type_, version, facts in await registry.credit(person.person_id):
            _, versions = streams.get(facts["loan_id"], ("", []))
            streams[facts["loan_id"]] = type_, [*versions, version]
        assert all(v == list(range(1, len(v) + 1)) for _, v in streams.values())
        present += sum(type_ == "loan-recorded" for type_, _ in streams.values())
    assert present == 6


INVALID: list[tuple[str, str, dict[str, Any]]] = [
    ("version-as-text", "value-invalid", {"loan_version": "1"}),
    ("version-missing", "value-invalid", {"loan_version": None}),
    ("version-zero", "value-invalid", {"loan_version": 0}),
    ("version-too-large", "value-invalid", {"loan_version": 2**53}),
    ("version-with-fraction", "value-invalid", {"loan_version": 1.0}),
    ("version-as-truth-value", "value-invalid", {"loan_version": True}),
    ("id-missing", "value-invalid", {"loan_id": None}),
    ("id-empty", "value-invalid", {"loan_id": ""}),
    ("id-of-660", "value-invalid", {"loan_id": "x" * 660}),
    ("id-of-201", "value-invalid", {"loan_id": "x" * 201}),
    ("id-with-null-character", "value-invalid", {"loan_id": "A\x00"}),
    ("principal-as-text", "value-invalid", {"principal_cents": "500"}),
    ("principal-negative", "value-invalid", {"principal_cents": -1}),
    ("currency-in-lower-case", "value-invalid", {"currency": "cop"}),
    ("status-empty", "value-invalid", {"status": ""}),
    ("date-for-a-time", "value-invalid", {"disbursed_at": "2026-01-01"}),
    ("number-for-a-time", "value-invalid", {"disbursed_at": 1_700_000_000}),
    ("time-without-zone", "value-invalid", {"reported_at": "2026-01-01T10:00:00"}),
    ("time-out-of-range", "value-invalid", {"reported_at": "0001-01-01T00:00:00+14:00"}),
]
INVALID_HEADERS: list[tuple[str, str, dict[str, bytes | None]]] = [
    *(
        (f"{name}-missing", "header-missing", dict[str, bytes | None]({name: None}))
        for name in ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time")
    ),
    ("specversion-0.3", "header-invalid", {"ce_specversion": b"0.3"}),
    ("source-with-separator", "header-invalid", {"ce_source": b"/core|bank"}),
    ("source-not-utf-8", "header-invalid", {"ce_source": b"\xff"}),
    ("id-with-spaces", "header-invalid", {"ce_id": b"Luz Marina"}),
    ("header-time-without-zone", "header-invalid", {"ce_time": b"2026-01-01T10:00:00"}),
    ("time-in-month-13", "header-invalid", {"ce_time": b"2026-13-01T10:00:00Z"}),
    ("subject-no-uuid", "header-invalid", {"ce_subject": b"52123456"}),
    ("key-of-another", "key-not-subject", {"ce_subject": str(uuid4()).encode()}),
    ("type-of-another-service", "header-invalid", {"ce_type": b"loan-opened.v1"}),
    ("unknown-type", "unknown-type", {"ce_type": b"vinculo.credit.loan-teleported.v1"}),
    ("unknown-version", "unknown-type", {"ce_type": b"vinculo.credit.loan-opened.v2"}),
]
INVALID_VALUES: list[tuple[str, str, bytes | None]] = [
    ("no-value", "value-missing", None),
    ("no-json", "value-not-json", b'{"never": "closed'),
    ("no-object", "value-invalid", b"[1]"),
    ("no-utf-8", "value-not-json", b'{"loan_id": "\xff"}'),
]
CONTRADICTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("opened-and-closed", "loan-opened.v1", {"status": "closed"}),
    ("closed-and-active", "loan-closed.v1", {"status": "active"}),
    ("refinanced-and-unknown", "loan-refinanced.v1", {"status": "restructured"}),
    ("refinanced-by-itself", "loan-refinanced.v1", {"status": "refinanced"}),
]


def invalid_records() -> list[tuple[str, str, ConsumerRecord]]:
    """What is wrong, the reason code, and the record of a loan that would be active."""
    loan = Applicant().loan("A", 1)
    found = [
        (name, code, replace(loan, data={**loan.data, **change}).record())
        for name, code, change in INVALID
    ]
    for name, type_, change in CONTRADICTIONS:
        data = {**loan.data, **change}
        if "itself" in name:
            data["replaced_by_loan_id"] = data["loan_id"]
        report = replace(loan, type=f"vinculo.credit.{type_}", data=data)
        found.append((name, "value-invalid", report.record()))
    for name, code, changed in INVALID_HEADERS:
        headers = dict(loan.sent_headers()) | changed
        sent = tuple((key, value) for key, value in headers.items() if value is not None)
        found.append((name, code, replace(loan.record(), headers=sent)))
    found += [(n, code, replace(loan.record(), value=v)) for n, code, v in INVALID_VALUES]
    twice = (*loan.record().headers, ("ce_id", b"another"))
    found.append(("id-twice", "header-invalid", replace(loan.record(), headers=twice)))
    return found


@pytest.mark.parametrize(
    ("name", "code", "record"), invalid_records(), ids=[name for name, _, _ in invalid_records()]
)
async def test_a_record_that_is_not_as_published_is_refused_once_and_counts_nothing(
    registry: RegistryHarness, name: str, code: str, record: ConsumerRecord
) -> None:
    offset = abs(hash(name)) % 2**40
    placed = replace(record, partition=7, offset=offset)
    reason = QuarantineReason.UNKNOWN_TYPE if code == "unknown-type" else QuarantineReason.POISON
    labels = {"topic": "credit.loans", "reason": code}
    before = registry.metric("vinculo_credit_reports_refused_total", **labels) or 0

    assert await registry.receive(placed) == [reason]
    assert await registry.receive(placed) == [reason]

    (refusal,) = [each for each in await registry.refusals() if each["offset"] == offset]
    assert (refusal["topic"], refusal["partition"]) == ("credit.loans", 7)
    assert refusal["reason_code"] == code
    assert registry.metric("vinculo_credit_reports_refused_total", **labels) == before + 1
    person_id = UUID(record.key.decode())
    assert await registry.credit(person_id) == []
    assert "active_loans" not in (await registry.person(person_id)).facts


async def test_a_refusal_names_the_record_only_by_an_id_that_cannot_be_anything_else(
    registry: RegistryHarness,
) -> None:
    names = {}
    for offset, event_id in enumerate((b"01J9Z2K7-REPORT.5", b"luz@example.co", b"x" * 101)):
        record = Applicant().loan("A", 1).record()
        headers = tuple((n, event_id if n == "ce_id" else v) for n, v in record.headers)
        placed = replace(record, headers=headers, value=b"{}", partition=9, offset=offset)
        assert await registry.receive(placed) == [QuarantineReason.POISON]
    for refusal in await registry.refusals():
        if refusal["partition"] == 9:
            names[refusal["offset"]] = refusal["reported_event_id"]

    assert names == {0: "01J9Z2K7-REPORT.5", 1: None, 2: None}


async def test_other_records_at_the_same_place_are_refused_again(
    registry: RegistryHarness,
) -> None:
    """A topic that was lost and written again has other records at the same places."""
    for _ in range(2):
        record = Applicant().loan("A", 0).record()
        await registry.receive(replace(record, partition=11, offset=5))

    assert len([each for each in await registry.refusals() if each["partition"] == 11]) == 2


async def test_a_refused_report_stops_no_later_one_of_its_loan(registry: RegistryHarness) -> None:
    applicant, loan = Applicant(), new_id()
    records = [
        applicant.loan(loan, 1).record(),
        applicant.loan(loan, 2, principal_cents="many").record(),
        applicant.loan(loan, 3, "closed").record(),
    ]

    assert await registry.receive(*records) == [QuarantineReason.POISON]

    assert await active_loans(registry, applicant) == 0
    assert [f["loan_version"] for _, _, f in await registry.credit(applicant.person_id)] == [1, 3]


async def test_the_first_person_of_two_with_the_same_version_keeps_the_loan(
    registry: RegistryHarness,
) -> None:
    first, second, loan = Applicant(), Applicant(), new_id()
    await registry.report(first.loan(loan, 1))
    await registry.report(second.loan(loan, 1))

    assert await active_loans(registry, first) == 1
    assert await registry.credit(second.person_id) == []


async def test_reading_all_reports_once_more_never_lowers_the_count_of_known_loans(
    registry: RegistryHarness,
) -> None:
    """At the upgrade the rows are known, and no stream has their history."""
    applicant, known, other = Applicant(), new_id(), new_id()
    async with registry.dependencies.store.engine.begin() as connection:
        for loan in (known, other):
            await save_loan(
                connection,
                person_id=applicant.person_id,
                source="/core-bank",
                loan_id=loan,
                loan_version=3,
                status="active",
                active=True,
                reported_at=STARTED,
            )
    counts = []
    for version, status in ((1, "active"), (2, "closed"), (3, "active")):
        for loan in (known, other):
            await registry.report(applicant.loan(loan, version, status))
            counts.append(await active_loans(registry, applicant))

    assert counts == [2] * 6
    assert [
        (f["loan_version"], f["loan_id"]) for _, _, f in await registry.credit(applicant.person_id)
    ] == [(version, loan) for version in (1, 2, 3) for loan in (known, other)]


async def test_a_loan_that_was_kept_for_two_people_leaves_the_first_when_it_is_read_again(
    registry: RegistryHarness,
) -> None:
    first, second, loan = Applicant(), Applicant(), new_id()
    async with registry.dependencies.store.engine.begin() as connection:
        await save_loan(
            connection,
            person_id=second.person_id,
            source="/core-bank",
            loan_id=loan,
            loan_version=2,
            status="active",
            active=True,
            reported_at=STARTED,
        )
        person = await lock_or_insert_person(connection, first.person_id)
        counted = {"active_loans": ClearFact(1, uuid4())}
        await save_person(connection, replace(person, facts=counted))

    await registry.report(first.loan(loan, 1))
    await registry.report(second.loan(loan, 2))

    assert [await active_loans(registry, each) for each in (first, second)] == [0, 1]
    assert await registry.credit(first.person_id) == []


def new_id() -> str:
    return f"L-{uuid4().hex[:12]}"


async def active_loans(registry: RegistryHarness, applicant: Applicant) -> Any:
    fact = (await registry.person(applicant.person_id)).facts["active_loans"]
    assert isinstance(fact, ClearFact)
    return fact.value
