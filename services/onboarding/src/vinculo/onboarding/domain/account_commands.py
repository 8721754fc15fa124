"""What can be asked of the account of somebody who registered. Time and ids come in."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from vinculo.onboarding.domain.account_events import Contact, ContactKind, ContactReplaced
from vinculo.onboarding.domain.account_matters import Confirmation
from vinculo.onboarding.domain.step_events import Channel, ConsentPurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPasswordReset:
    link: Confirmation
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword:
    link_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """The one in force was given; that is checked where its hash is."""

    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContactChange:
    change: Confirmation
    kind: ContactKind
    contact: Contact
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmContactChange:
    """`replaced` was opened for the command; nothing is decided on it."""

    change_id: UUID
    kind: ContactKind
    replaced: ContactReplaced
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePhoneCode:
    code: Confirmation
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPhone:
    code_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveConsent:
    purpose: ConsentPurpose
    text_version: str
    text_sha256: str
    channel: Channel
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConsent:
    purpose: ConsentPurpose
    channel: Channel
    now: datetime


AccountCommand: TypeAlias = (
    RequestPasswordReset
    | ResetPassword
    | ChangePassword
    | RequestContactChange
    | ConfirmContactChange
    | IssuePhoneCode
    | VerifyPhone
    | GiveConsent
    | WithdrawConsent
)
