"""The feeds of credit systems: reports, each the full state of one thing, with versions of its own.

The versions are an outsider's: they rise, but need not rise by one, so nothing is ever missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from vinculo.contracts import Facts
from vinculo.contracts.credit import CreditApplicationReported, Loan
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.mongo import Document
from vinculo.query_api.people.credit import fold_credit_application, fold_loan, report_key
from vinculo.query_api.people.personal import Opened

BEFORE_ALL: Final = -(2**63)
"""Lower than any version that an outsider may count from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """One kind of reports; `part` is the field of the document that holds the last of each."""

    part: str
    model: type[Facts]
    identify: Callable[[Any], tuple[str, int]]
    state: Callable[[str, Any], Document]

    def applied(self, document: Document, received: ConsumedEvent | None) -> int:
        """Of a type that this version does not know, nothing is applied but the timeline."""
        event = None if received is None else received.payload
        if received is None or not isinstance(event, self.model):
            return BEFORE_ALL
        id_there, _ = self.identify(event)
        known = document.get(self.part, {}).get(report_key(received.source, id_there))
        return BEFORE_ALL if known is None else int(known["version"])

    def fold(self, document: Document, received: ConsumedEvent, _opened: Opened) -> None:
        event = received.payload
        if isinstance(event, self.model):
            id_there, _ = self.identify(event)
            reports = document.setdefault(self.part, {})
            reports[report_key(received.source, id_there)] = self.state(received.source, event)

    def skip(self, _document: Document, _version: int) -> None:
        """There is no order of versions in which one could be missing."""


def _identify_loan(loan: Loan) -> tuple[str, int]:
    return loan.loan_id, loan.loan_version


def _identify_application(application: CreditApplicationReported) -> tuple[str, int]:
    return application.application_id, application.application_version


LOANS: Final = Reports(part="loans", model=Loan, identify=_identify_loan, state=fold_loan)

CREDIT_APPLICATIONS: Final = Reports(
    part="credit_applications",
    model=CreditApplicationReported,
    identify=_identify_application,
    state=fold_credit_application,
)


def report_position(received: ConsumedEvent) -> tuple[str, int]:
    """The reports of one loan are its stream; an event of an unknown type is one by itself."""
    for kind in (LOANS, CREDIT_APPLICATIONS):
        if isinstance(received.payload, kind.model):
            id_there, version = kind.identify(received.payload)
            return f"{received.source}|{id_there}", version
    return f"{received.source}|{received.event_id}", 1


def source_of(stream_id: str, event: Facts | None) -> str:
    """The source of a report, from the stream that `report_position` made of it."""
    for kind in (LOANS, CREDIT_APPLICATIONS):
        if isinstance(event, kind.model):
            id_there, _ = kind.identify(event)
            return stream_id.removesuffix(f"|{id_there}")
    return ""
