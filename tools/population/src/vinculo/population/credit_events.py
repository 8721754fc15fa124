"""Events of a credit system: applications and loans of customers."""

from typing import Any

from vinculo.population.event_builder import EventBuilder
from vinculo.population.lifecycles import CreditHistory


class CreditEvents:
    """The events of one customer; ids contain the registration number."""

    def __init__(self, builder: EventBuilder) -> None:
        self._builder = builder
        self._number = builder.person.number + 1
        self._loans = 0

    def emit(self, history: CreditHistory) -> None:
        match history:
            case CreditHistory.APPLICATION:
                self._apply("study", "open")
            case CreditHistory.ONE:
                self._borrow()
            case CreditHistory.TWO:
                self._borrow()
                self._borrow()
            case CreditHistory.REFINANCED:
                old = self._borrow()
                new = self._borrow()
                ended = {"replaced_by_loan_id": new["loan_id"]}
                self._end(old, "refinanced", "loan-refinanced.v1", ended)
            case CreditHistory.CLOSED:
                self._end(self._borrow(), "closed", "loan-closed.v1", {})
            case CreditHistory.NONE:
                pass

    def _apply(self, stage: str, status: str) -> int:
        requested = self._builder.rng.randrange(20, 600) * 10_000_000
        at = self._builder.advance(60 * 24 * 40)
        facts = {
            "application_id": f"SC-{self._number}-{self._loans + 1}",
            "application_version": 1,
            "line": "libranza",
            "stage": stage,
            "stage_name": {"study": "Estudio", "disbursement": "Desembolso"}[stage],
            "status": status,
            "currency": "COP",
            "requested_cents": requested,
            "approved_cents": None if status == "open" else requested,
            "submitted_at": at,
            "stage_since": at,
            "reported_at": at,
        }
        self._builder.emit("credit-application", "credit-application-reported.v1", facts)
        return requested

    def _borrow(self) -> dict[str, Any]:
        principal = self._apply("disbursement", "disbursed")
        self._loans += 1
        outstanding = principal * self._builder.rng.randrange(20, 101) // 100
        loan = {
            "loan_id": f"LB-{self._number}-{self._loans}",
            "loan_version": 1,
            "status": "active",
            "currency": "COP",
            "principal_cents": principal,
            "outstanding_cents": outstanding,
            "disbursed_at": self._builder.time,
            "closed_at": None,
            "replaced_by_loan_id": None,
            "reported_at": self._builder.time,
        }
        self._builder.emit("loan", "loan-opened.v1", loan)
        return loan

    def _end(self, loan: dict[str, Any], status: str, type_: str, changes: dict[str, Any]) -> None:
        at = self._builder.advance(60 * 24 * 40)
        ended = {"loan_version": 2, "status": status, "outstanding_cents": 0, "closed_at": at}
        self._builder.emit("loan", type_, {**loan, **ended, **changes, "reported_at": at})
