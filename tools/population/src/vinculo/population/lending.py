"""What a credit system tells of a customer's applications and loans."""

from typing import Any

from vinculo.population.courses import Lending
from vinculo.population.telling import Telling


class CreditFile:
    """One customer's; ids are numbered by the customer's registration number."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._number = telling.person.number + 1
        self._loans = 0

    def tell(self, lending: Lending) -> None:
        match lending:
            case Lending.ASKED:
                self._apply("study", "open")
            case Lending.ONE:
                self._borrow()
            case Lending.TWO:
                self._borrow()
                self._borrow()
            case Lending.REFINANCED:
                old = self._borrow()
                new = self._borrow()
                ended = {"replaced_by_loan_id": new["loan_id"]}
                self._end(old, "refinanced", "loan-refinanced.v1", ended)
            case Lending.CLOSED:
                self._end(self._borrow(), "closed", "loan-closed.v1", {})
            case Lending.NONE:
                pass

    def _apply(self, stage: str, status: str) -> int:
        requested = self._telling.chance.randrange(20, 600) * 10_000_000
        at = self._telling.pass_time(60 * 24 * 40)
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
        self._telling.tell("credit-application", "credit-application-reported.v1", facts)
        return requested

    def _borrow(self) -> dict[str, Any]:
        principal = self._apply("disbursement", "disbursed")
        self._loans += 1
        owed = principal * self._telling.chance.randrange(20, 101) // 100
        loan = {
            "loan_id": f"LB-{self._number}-{self._loans}",
            "loan_version": 1,
            "status": "active",
            "currency": "COP",
            "principal_cents": principal,
            "outstanding_cents": owed,
            "disbursed_at": self._telling.moment,
            "closed_at": None,
            "replaced_by_loan_id": None,
            "reported_at": self._telling.moment,
        }
        self._telling.tell("loan", "loan-opened.v1", loan)
        return loan

    def _end(self, loan: dict[str, Any], status: str, type_: str, more: dict[str, Any]) -> None:
        at = self._telling.pass_time(60 * 24 * 40)
        ended = {"loan_version": 2, "status": status, "outstanding_cents": 0, "closed_at": at}
        self._telling.tell("loan", type_, {**loan, **ended, **more, "reported_at": at})
