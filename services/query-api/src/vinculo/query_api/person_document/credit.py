"""The sections `loans` and `credit_applications`, by credit system and the system's own id.

Credit systems report snapshots: each event has the full state, so the latest stands for all before
it. The versions are the credit system's. They rise, but need not rise by one, so none is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from vinculo.contracts import Facts
from vinculo.contracts.credit import CreditApplicationReported, Loan
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.personal import DecryptedPart
from vinculo.query_api.person_document.schema import field_name

LOWEST_VERSION: Final = -(2**63)
"""Below every version that a credit system may count from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditSnapshots:
    """One kind of snapshots; `section` is the document's field with the latest of each."""

    section: str
    model: type[Facts]
    identify: Callable[[Any], tuple[str, int]]
    to_state: Callable[[str, Any], Document]

    def last_version(self, document: Document, received: ConsumedEvent | None) -> int:
        """An event of a type that this version does not know changes nothing but the timeline."""
        event = None if received is None else received.payload
        if received is None or not isinstance(event, self.model):
            return LOWEST_VERSION
        external_id, _ = self.identify(event)
        known = document.get(self.section, {}).get(snapshot_key(received.source, external_id))
        return LOWEST_VERSION if known is None else int(known["version"])

    def fold(self, document: Document, received: ConsumedEvent, _decrypted: DecryptedPart) -> None:
        event = received.payload
        if isinstance(event, self.model):
            external_id, _ = self.identify(event)
            snapshots = document.setdefault(self.section, {})
            key = snapshot_key(received.source, external_id)
            snapshots[key] = self.to_state(received.source, event)

    def skip(self, _document: Document, _version: int) -> None:
        """Does nothing: no version is ever missing."""


def snapshot_key(source: str, external_id: str) -> str:
    """A field name without dots and dollar signs, different for different loans."""
    return f"{field_name(source)}|{field_name(external_id)}"


def fold_loan(source: str, event: Loan) -> Document:
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


def fold_credit_application(source: str, event: CreditApplicationReported) -> Document:
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


def _identify_loan(loan: Loan) -> tuple[str, int]:
    return loan.loan_id, loan.loan_version


def _identify_application(application: CreditApplicationReported) -> tuple[str, int]:
    return application.application_id, application.application_version


LOANS: Final = CreditSnapshots(
    section="loans", model=Loan, identify=_identify_loan, to_state=fold_loan
)
CREDIT_APPLICATIONS: Final = CreditSnapshots(
    section="credit_applications",
    model=CreditApplicationReported,
    identify=_identify_application,
    to_state=fold_credit_application,
)


def snapshot_position(received: ConsumedEvent) -> tuple[str, int]:
    """Stream id and version of a snapshot; an event of an unknown type is a stream by itself."""
    for snapshots in (LOANS, CREDIT_APPLICATIONS):
        if isinstance(received.payload, snapshots.model):
            external_id, version = snapshots.identify(received.payload)
            return f"{received.source}|{external_id}", version
    return f"{received.source}|{received.event_id}", 1


def credit_source_of(stream_id: str, event: Facts | None) -> str:
    """The credit system of a stream id made by `snapshot_position`; empty for other events."""
    for snapshots in (LOANS, CREDIT_APPLICATIONS):
        if isinstance(event, snapshots.model):
            external_id, _ = snapshots.identify(event)
            return stream_id.removesuffix(f"|{external_id}")
    return ""
