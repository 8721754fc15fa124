"""What the events of other services mean for onboarding. Pure."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from vinculo.contracts.customer_registry import (
    InternalUserGranted,
    InternalUserRevoked,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordDisabled,
    RecordErased,
    StatusMove,
)
from vinculo.contracts.documents import DocumentDemanded, DossierReopened, DossierSubmitted
from vinculo.contracts.notifications import MessageFailed
from vinculo.onboarding.domain.activation_decisions import (
    DropUndeliverableSubmission,
    LapseApplication,
)
from vinculo.onboarding.domain.application_decisions import (
    ApplicationCommand,
    EraseApplicant,
    RecordDocumentsProvided,
    RecordDocumentsReopened,
)
from vinculo.onboarding.storage.accounts import CUSTOMER

RELEVANT_EVENTS: Final = (
    DocumentDemanded,
    DossierReopened,
    DossierSubmitted,
    InternalUserGranted,
    InternalUserRevoked,
    MessageFailed,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordErased,
    StatusMove,
)
"""Events without a reaction are not decoded."""

ACTIVATION: Final = "activation"
UNDELIVERABLE: Final = frozenset({"address_refused", "message_refused", "attempts_exhausted"})
"""Reasons for which a mail server has not taken a message; others lie in the link or the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """The registry's new status; kind and customer id are None if unchanged."""

    status: str
    kind: str | None = None
    customer_id: UUID | None = None

    def columns(self) -> dict[str, str | UUID]:
        columns: dict[str, str | UUID] = {"status": self.status}
        if self.kind is not None:
            columns["kind"] = self.kind
        if self.customer_id is not None:
            columns["customer_id"] = self.customer_id
        return columns


def application_command(payload: Any) -> ApplicationCommand | None:  # noqa: ANN401 - any event
    match payload:
        case DossierSubmitted(submitted_at=submitted_at):
            return RecordDocumentsProvided(provided_at=submitted_at)
        case DossierReopened(reopened_at=at) | DocumentDemanded(demanded_at=at):
            return RecordDocumentsReopened(reopened_at=at)
        case RecordDisabled(cause="activation_lapsed", disabled_at=disabled_at):
            return LapseApplication(lapsed_at=disabled_at)
        case MessageFailed(template=template, reason_code=reason, link_id=UUID() as link_id):
            if template != ACTIVATION or reason not in UNDELIVERABLE:
                return None
            return DropUndeliverableSubmission(link_id=link_id, now=payload.failed_at)
        case RecordErased(erased_at=erased_at):
            return EraseApplicant(now=erased_at)
        case _:
            return None


def undeliverable_invitation(payload: Any) -> UUID | None:  # noqa: ANN401 - any event
    """The link of a member's invitation whose mail no server has taken."""
    match payload:
        case MessageFailed(template="staff-invitation", reason_code=reason):
            return payload.link_id if reason in UNDELIVERABLE else None
        case _:
            return None


def account_change(payload: Any) -> AccountChange | None:  # noqa: ANN401 - any event
    """The change of status; every event of the registry that makes one has `to_status`."""
    match payload:
        case PreCustomerPromoted(to_status=status, customer_id=customer_id):
            return AccountChange(status=status, kind=CUSTOMER, customer_id=customer_id)
        case PreCustomerRegistered(to_status=status):
            return AccountChange(status=status, kind="pre_customer")
        case PreCustomerActivated(to_status=status) | StatusMove(to_status=status):
            return AccountChange(status=status)
        case _:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """The granted internal role; None for a revocation."""

    internal_role: str | None


def role_change(payload: Any) -> RoleChange | None:  # noqa: ANN401 - any event
    match payload:
        case InternalUserGranted(role=role):
            return RoleChange(internal_role=role)
        case InternalUserRevoked():
            return RoleChange(internal_role=None)
        case _:
            return None


def registry_version(payload: Any) -> int | None:  # noqa: ANN401 - any event
    """The version of the record that an event of the registry leads to, if it is known."""
    version = getattr(payload, "status_version", None)
    return version if isinstance(version, int) else None


def is_erasure(payload: Any) -> bool:  # noqa: ANN401 - any event
    return isinstance(payload, RecordErased)
