"""What a person's own events come to, for showing it to them: a fold that decides nothing.

Everything personal stays sealed in it; whoever shows it opens what is needed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias, TypeVar

from vinculo.onboarding.domain.account import (
    ConsentGiven,
    ConsentPurpose,
    ConsentWithdrawn,
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    PasswordChanged,
    PhoneVerified,
)
from vinculo.onboarding.domain.application import (
    ApplicationEvent,
    ApplicationStarted,
    EmailCorrected,
    EmploymentDeclared,
)
from vinculo.onboarding.domain.identity_correction import (
    IdentityCorrected,
    IdentityCorrectionRefused,
    IdentityCorrectionRequested,
)

Key = TypeVar("Key")
Value = TypeVar("Value")
IdentitySource: TypeAlias = ApplicationStarted | IdentityCorrected
ContactSource: TypeAlias = ApplicationStarted | EmailCorrected | ContactChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHistory:
    """Each field but the last declarations holds the event that tells what is so now."""

    identity: IdentitySource | None = None
    email: ContactSource | None = None
    phone: ContactSource | None = None
    phone_verified_at: datetime | None = None
    consents: Mapping[ConsentPurpose, ConsentGiven] = field(default_factory=dict)
    contact_changes: Mapping[ContactKind, ContactChangeRequested] = field(default_factory=dict)
    employments: tuple[EmploymentDeclared, ...] = ()
    correction: IdentityCorrectionRequested | None = None
    correction_refused: IdentityCorrectionRefused | None = None

    @property
    def employment(self) -> EmploymentDeclared | None:
        return self.employments[-1] if self.employments else None

    def pending_contact_changes(self, now: datetime) -> list[ContactChangeRequested]:
        return [change for change in self.contact_changes.values() if now < change.expires_at]


def own_history(events: Iterable[ApplicationEvent]) -> OwnHistory:
    history = OwnHistory()
    for event in events:
        history = _evolve(history, event)
    return history


def _evolve(history: OwnHistory, event: ApplicationEvent) -> OwnHistory:  # noqa: C901, PLR0912 - one case per event
    match event:
        case ApplicationStarted():
            return replace(history, identity=event, email=event, phone=event)
        case ConsentGiven(purpose=purpose):
            return replace(history, consents={**history.consents, purpose: event})
        case ConsentWithdrawn(purpose=purpose):
            return replace(history, consents=_without(history.consents, purpose))
        case EmailCorrected():
            return replace(history, email=event)
        case PhoneVerified(verified_at=verified_at):
            return replace(history, phone_verified_at=verified_at)
        case ContactChangeRequested(kind=kind):
            changes = {**history.contact_changes, kind: event}
            return replace(history, contact_changes=changes)
        case ContactChanged():
            return _contact_changed(history, event)
        case PasswordChanged():
            return replace(history, contact_changes={})
        case EmploymentDeclared():
            return replace(history, employments=(*history.employments, event))
        case IdentityCorrectionRequested():
            return replace(history, correction=event, correction_refused=None)
        case IdentityCorrected():
            return replace(history, identity=event, correction=None, correction_refused=None)
        case IdentityCorrectionRefused():
            return replace(history, correction=None, correction_refused=event)
        case _:
            return history


def _contact_changed(history: OwnHistory, event: ContactChanged) -> OwnHistory:
    changes = _without(history.contact_changes, event.kind)
    if event.kind is ContactKind.EMAIL:
        return replace(history, contact_changes=changes, email=event)
    return replace(
        history, contact_changes=changes, phone=event, phone_verified_at=event.changed_at
    )


def _without(known: Mapping[Key, Value], key: Key) -> dict[Key, Value]:
    return {each: value for each, value in known.items() if each != key}
