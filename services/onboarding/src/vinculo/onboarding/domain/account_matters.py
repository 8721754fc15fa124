"""Contacts, phone, password and consents of a person: as much as decisions need."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from vinculo.onboarding.domain.account_events import (
    ConsentWithdrawn,
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    PasswordChanged,
    PasswordResetRequested,
    PhoneCodeIssued,
    PhoneVerified,
)
from vinculo.onboarding.domain.step_events import ConsentGiven, ConsentPurpose

REMEMBERED: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A link or a code that was sent and may be used once, until it expires."""

    id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMatters:
    """What is still open of each matter, and when messages were asked for of late.

    `consents` are those in force, with the version of their text.
    """

    consents: Mapping[ConsentPurpose, str] = field(default_factory=dict)
    phone_verified: bool = False
    phone_code: Confirmation | None = None
    phone_codes_at: tuple[datetime, ...] = ()
    changes: Mapping[ContactKind, Confirmation] = field(default_factory=dict)
    changes_at: tuple[datetime, ...] = ()
    reset: Confirmation | None = None
    reset_at: datetime | None = None


def evolve_account(matters: AccountMatters, event: Any) -> AccountMatters:  # noqa: ANN401 - any event of the stream
    match event:
        case ConsentGiven(purpose=purpose, text_version=version):
            return replace(matters, consents={**matters.consents, purpose: version})
        case ConsentWithdrawn(purpose=withdrawn):
            others = {p: v for p, v in matters.consents.items() if p is not withdrawn}
            return replace(matters, consents=others)
        case PhoneCodeIssued(code_id=code_id, expires_at=expires_at, issued_at=at):
            code = Confirmation(id=code_id, expires_at=expires_at)
            return replace(
                matters, phone_code=code, phone_codes_at=_lately(matters.phone_codes_at, at)
            )
        case PhoneVerified():
            return replace(matters, phone_verified=True, phone_code=None)
        case ContactChangeRequested(change_id=change_id, kind=kind, expires_at=expires_at):
            change = Confirmation(id=change_id, expires_at=expires_at)
            return replace(
                matters,
                changes={**matters.changes, kind: change},
                changes_at=_lately(matters.changes_at, event.requested_at),
            )
        case ContactChanged(kind=changed):
            return _contact_changed(matters, changed)
        case PasswordResetRequested(link_id=link_id, expires_at=expires_at, requested_at=at):
            return replace(
                matters, reset=Confirmation(id=link_id, expires_at=expires_at), reset_at=at
            )
        case PasswordChanged():
            # Whoever asked for a change knew the old password.
            return replace(matters, reset=None, changes={})
        case _:
            return matters


def _contact_changed(matters: AccountMatters, changed: ContactKind) -> AccountMatters:
    """A link that went to the old address and a code that went to the old phone are no longer good.

    The new phone has proved itself by the code that confirmed it.
    """
    changes = {kind: change for kind, change in matters.changes.items() if kind is not changed}
    if changed is ContactKind.EMAIL:
        return replace(matters, changes=changes, reset=None)
    return replace(matters, changes=changes, phone_code=None)


def _lately(moments: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return (*(moment for moment in moments if now - moment < REMEMBERED), now)
