"""Random sequences of credit systems' reports, and what must be known after each.

The outcome does not depend on the order in which the reports of two people are consumed.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid4

import orjson

from vinculo.contracts import topics

SOURCE: Final = "/journeys/credit"
BEGINNING: Final = datetime(2026, 1, 5, 15, tzinfo=UTC)
FIRST_VERSIONS: Final = (1, 2**31, 1795892065414, 2**53 - 1 - 40)
STATES: Final = (
    ("loan-opened.v1", "active"),
    ("loan-opened.v1", "in_arrears"),
    ("loan-reported.v1", "active"),
    ("loan-reported.v1", "restructured"),
    ("loan-reported.v1", "closed"),
    ("loan-closed.v1", "closed"),
    ("loan-refinanced.v1", "refinanced"),
    ("loan-written-off.v1", "written_off"),
    ("loan-cancelled.v1", "cancelled"),
)
"""Types with a status each."""
ENDED: Final = frozenset({"closed", "refinanced", "written_off", "cancelled"})
STAGES: Final = ("filing", "study", "approval", "disbursement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A record; `reason_code` is that of its refusal, empty if it is accepted."""

    topic: str
    key: bytes | None
    headers: Mapping[str, bytes]
    value: bytes | None
    reason_code: str = ""

    @property
    def event_id(self) -> str:
        return self.headers.get("ce_id", b"").decode()


@dataclass(slots=True, kw_only=True)
class Figures:
    """What registry, list and profile must show of one person."""

    active_loans: int = 0
    outstanding_cents: int = 0
    stages: dict[str, list[str]] = field(default_factory=dict)
    """Of each application, in order of versions."""


Content: TypeAlias = tuple[dict[str, bytes], bytes | None, bytes | None]
"""Headers, key and value."""
Fault: TypeAlias = tuple[str, Callable[[Report], Content]]
"""The reason code, and the content of the report with the fault."""


def _with_headers(**changes: bytes | None) -> Callable[[Report], Content]:
    def change(report: Report) -> Content:
        headers = {**report.headers, **changes}
        return {n: v for n, v in headers.items() if v is not None}, report.key, report.value

    return change


def _with_value(**changes: Any) -> Callable[[Report], Content]:
    def change(report: Report) -> Content:
        value = orjson.dumps({**orjson.loads(report.value or b"{}"), **changes})
        return dict(report.headers), report.key, value

    return change


FAULTS: Final[Sequence[Fault]] = (
    ("value-invalid", _with_value(loan_version="1")),
    ("value-invalid", _with_value(loan_version=2**53)),
    ("value-invalid", _with_value(loan_id="x" * 660)),
    ("value-invalid", _with_value(principal_cents="500")),
    ("value-invalid", _with_value(outstanding_cents=None)),
    ("value-invalid", _with_value(reported_at="yesterday")),
    ("header-missing", _with_headers(ce_source=None)),
    ("header-missing", _with_headers(ce_time=None)),
    ("header-missing", _with_headers(ce_subject=None)),
    ("header-invalid", _with_headers(ce_specversion=b"0.3")),
    ("unknown-type", _with_headers(ce_type=b"vinculo.credit.loan-teleported.v1")),
    ("unknown-type", _with_headers(ce_type=b"vinculo.credit.loan-opened.v2")),
    ("key-not-subject", lambda report: (dict(report.headers), b"52123456", report.value)),
    ("value-missing", lambda report: (dict(report.headers), report.key, None)),
    ("value-not-json", lambda report: (dict(report.headers), report.key, b'{"never": "closed')),
)


class Sequences:
    """Makes sequences about the people; `figures` is the outcome of all made so far."""

    def __init__(self, people: Sequence[UUID], seed: int) -> None:
        self._people = people
        self._chance = random.Random(seed)  # noqa: S311 - not secret
        self._number = 0
        self.figures = {person: Figures() for person in people}

    def next(self) -> list[Report]:
        """The reports of one sequence, in the order of sending."""
        self._number += 1
        reports = self._loan(f"R{self._number}")
        if self._chance.random() < 0.3:
            reports += self._application(f"R{self._number}")
        self._chance.shuffle(reports)
        return reports

    def _loan(self, loan_id: str) -> list[Report]:
        """Reports of one loan, most of one person, with repeats and refused ones."""
        chance = self._chance
        first = chance.choice(FIRST_VERSIONS)
        versions = sorted(chance.sample(range(first, first + 20), chance.randint(1, 4)))
        owner, reports, last = chance.choice(self._people), [], None
        for version in versions:
            if chance.random() < 0.25:
                owner = chance.choice(self._people)
            type_, status = chance.choice(STATES)
            outstanding = 0 if status in ENDED else chance.randrange(1, 10**9)
            reports.append(self._loan_report(owner, loan_id, version, type_, status, outstanding))
            last = (owner, status, outstanding)
        if chance.random() < 0.3:
            reports.append(chance.choice(reports))
        if chance.random() < 0.4:
            reports.append(self._faulty(loan_id, versions[-1] + 1))
        if last is not None and last[1] not in ENDED:
            self.figures[last[0]].active_loans += 1
            self.figures[last[0]].outstanding_cents += last[2]
        return reports

    def _faulty(self, loan_id: str, version: int) -> Report:
        """A refused report, which would change the figures if it were accepted."""
        reason_code, fault = self._chance.choice(FAULTS)
        owner = self._chance.choice(self._people)
        whole = self._loan_report(owner, loan_id, version, "loan-reported.v1", "active", 1)
        headers, key, value = fault(whole)
        return Report(
            topic=whole.topic, key=key, headers=headers, value=value, reason_code=reason_code
        )

    def _loan_report(  # noqa: PLR0917 - the fields of a loan
        self, person: UUID, loan_id: str, version: int, type_: str, status: str, outstanding: int
    ) -> Report:
        value = {
            "loan_id": loan_id,
            "loan_version": version,
            "status": status,
            "currency": "COP",
            "principal_cents": 10**9,
            "outstanding_cents": outstanding,
            "disbursed_at": BEGINNING.isoformat(),
            "reported_at": BEGINNING.isoformat(),
            "of_a_later_version": {"ignored": [1, 2]},
        }
        return _report(topics.CREDIT_LOANS, type_, person, value)

    def _application(self, application_id: str) -> list[Report]:
        """Stages of one person's application, in any order."""
        person = self._chance.choice(self._people)
        count = self._chance.randint(1, len(STAGES))
        self.figures[person].stages[application_id] = list(STAGES[:count])
        return [
            _report(
                topics.CREDIT_APPLICATIONS,
                "credit-application-reported.v1",
                person,
                {
                    "application_id": application_id,
                    "application_version": version,
                    "line": "libranza",
                    "stage": stage,
                    "status": "open",
                    "currency": "COP",
                    "requested_cents": 10**9,
                    "submitted_at": BEGINNING.isoformat(),
                    "stage_since": (BEGINNING + timedelta(days=version)).isoformat(),
                    "reported_at": (BEGINNING + timedelta(days=version)).isoformat(),
                },
            )
            for version, stage in enumerate(STAGES[:count], start=1)
        ]


def _report(topic: str, type_: str, person: UUID, value: Mapping[str, Any]) -> Report:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid4()),
        "ce_source": SOURCE,
        "ce_type": f"vinculo.credit.{type_}",
        "ce_subject": str(person),
        "ce_time": BEGINNING.isoformat(),
    }
    return Report(
        topic=topic,
        key=str(person).encode(),
        headers={name: text.encode() for name, text in headers.items()},
        value=orjson.dumps(value),
    )
