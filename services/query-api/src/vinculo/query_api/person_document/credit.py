"""The sections `loans` and `credit_applications`, by credit system and the system's own id.

Credit systems report snapshots: each event has the full state, so the latest stands for all before
it. The versions are the credit system's. They rise, but need not rise by one, so none is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from vinculo.contracts import Facts
from vinculo.contracts.credit import CreditApplicationReported, Loan
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.person_document.personal import DecryptedPart
from vinculo.query_api.person_document.schema import (
    CreditApplicationReport,
    LoanReport,
    Person,
    field_name,
)

LOWEST_VERSION: Final = -(2**63)
"""Below every version that a credit system may count from."""

Event = TypeVar("Event", bound=Facts)
Report = TypeVar("Report", LoanReport, CreditApplicationReport)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditSnapshots(Generic[Event, Report]):
    """One kind of snapshots.

    `read` gives the section with the latest of each, empty when there is none, and `open` makes it.
    """

    model: type[Event]
    read: Callable[[Person], dict[str, Report]]
    open: Callable[[Person], dict[str, Report]]
    identify: Callable[[Event], tuple[str, int]]
    to_report: Callable[[str, Event], Report]

    def identity(self, event: Facts | None) -> tuple[str, int] | None:
        """The credit system's id and version; None for an event of another type."""
        return self.identify(event) if isinstance(event, self.model) else None

    def last_version(self, person: Person, received: ConsumedEvent | None) -> int:
        """An event of a type that this version does not know changes nothing but the timeline."""
        if received is None or (identity := self.identity(received.payload)) is None:
            return LOWEST_VERSION
        known = self.read(person).get(snapshot_key(received.source, identity[0]))
        return LOWEST_VERSION if known is None else known["version"]

    def fold(self, person: Person, received: ConsumedEvent, _decrypted: DecryptedPart) -> None:
        event = received.payload
        if isinstance(event, self.model):
            external_id, _ = self.identify(event)
            key = snapshot_key(received.source, external_id)
            self.open(person)[key] = self.to_report(received.source, event)


def snapshot_key(source: str, external_id: str) -> str:
    """A field name without dots and dollar signs, different for different loans."""
    return f"{field_name(source)}|{field_name(external_id)}"


def fold_loan(source: str, event: Loan) -> LoanReport:
    return {
        "version": event.loan_version,
        "source": source,
        "loan_id": event.loan_id,
        "status": event.status.value,
        "currency": event.currency,
        "principal_cents": event.principal_cents,
        "outstanding_cents": event.outstanding_cents,
        "disbursed_at": event.disbursed_at,
        "closed_at": event.closed_at,
        "replaced_by_loan_id": event.replaced_by_loan_id,
        "reported_at": event.reported_at,
    }


def fold_credit_application(
    source: str, event: CreditApplicationReported
) -> CreditApplicationReport:
    return {
        "version": event.application_version,
        "source": source,
        "application_id": event.application_id,
        "line": event.line,
        "stage": event.stage,
        "stage_name": event.stage_name,
        "status": event.status.value,
        "currency": event.currency,
        "requested_cents": event.requested_cents,
        "approved_cents": event.approved_cents,
        "submitted_at": event.submitted_at,
        "stage_since": event.stage_since,
        "reported_at": event.reported_at,
    }


LOANS: Final = CreditSnapshots(
    model=Loan,
    read=lambda person: person.get("loans", {}),
    open=lambda person: person.setdefault("loans", {}),
    identify=lambda loan: (loan.loan_id, loan.loan_version),
    to_report=fold_loan,
)
CREDIT_APPLICATIONS: Final = CreditSnapshots(
    model=CreditApplicationReported,
    read=lambda person: person.get("credit_applications", {}),
    open=lambda person: person.setdefault("credit_applications", {}),
    identify=lambda reported: (reported.application_id, reported.application_version),
    to_report=fold_credit_application,
)
AnySnapshots: TypeAlias = (
    CreditSnapshots[Loan, LoanReport]
    | CreditSnapshots[CreditApplicationReported, CreditApplicationReport]
)
_ALL: Final[tuple[AnySnapshots, ...]] = (LOANS, CREDIT_APPLICATIONS)


def snapshot_position(received: ConsumedEvent) -> tuple[str, int]:
    """Stream id and version of a snapshot; an event of an unknown type is a stream by itself."""
    for snapshots in _ALL:
        if (identity := snapshots.identity(received.payload)) is not None:
            external_id, version = identity
            return f"{received.source}|{external_id}", version
    return f"{received.source}|{received.event_id}", 1


def credit_source_of(stream_id: str, event: Facts | None) -> str:
    """The credit system of a stream id made by `snapshot_position`; empty for other events."""
    for snapshots in _ALL:
        if (identity := snapshots.identity(event)) is not None:
            return stream_id.removesuffix(f"|{identity[0]}")
    return ""
