"""Commands on an activated account, their refusals and what each leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from vinculo.onboarding.domain.account import (
    MESSAGE_WINDOW,
    AccountState,
    Channel,
    Confirmation,
    ConsentGiven,
    ConsentPurpose,
    ConsentWithdrawn,
    Contact,
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    ContactReplaced,
    PasswordChange,
    PasswordChanged,
    PasswordResetRequested,
    PhoneCodeIssued,
    PhoneVerified,
)
from vinculo.onboarding.domain.application import ApplicationEvent

MIN_PAUSE_BETWEEN_RESETS: Final = timedelta(minutes=5)
MIN_PAUSE_BETWEEN_MESSAGES: Final = timedelta(minutes=1)
MESSAGES_PER_WINDOW: Final = 5


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
    """The use case has already verified the current password."""

    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContactChange:
    change: Confirmation
    kind: ContactKind
    contact: Contact
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmContactChange:
    """`replaced` is decrypted to be recorded; no decision depends on it."""

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


class AccountRefused(Exception):
    """The account's rules do not allow the command in its present state."""


class ConfirmationUsed(AccountRefused):
    def __init__(self) -> None:
        super().__init__("a link or a code works once")


class ConfirmationSuperseded(AccountRefused):
    def __init__(self) -> None:
        super().__init__("only the latest link or code may be used")


class ConfirmationExpired(AccountRefused):
    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"the link or code expired at {expired_at.isoformat()}")


class TooManyMessages(AccountRefused):
    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after_seconds = ceil(retry_after.total_seconds())
        super().__init__(f"the next message may be requested in {self.retry_after_seconds} s")


class PhoneVerifiedAlready(AccountRefused):
    def __init__(self) -> None:
        super().__init__("the phone is already verified")


class ConsentIndispensable(AccountRefused):
    def __init__(self) -> None:
        super().__init__("an account cannot exist without consent to store personal data")


def decide_on_account(command: AccountCommand, state: AccountState) -> list[ApplicationEvent]:
    match command:
        case RequestPasswordReset():
            return request_password_reset(command, state)
        case ResetPassword():
            return reset_password(command, state)
        case ChangePassword():
            return [PasswordChanged(cause=PasswordChange.CHANGED, changed_at=command.now)]
        case RequestContactChange():
            return request_contact_change(command, state)
        case ConfirmContactChange():
            return confirm_contact_change(command, state)
        case IssuePhoneCode():
            return issue_phone_code(command, state)
        case VerifyPhone():
            return verify_phone(command, state)
        case GiveConsent():
            return give_consent(command, state)
        case WithdrawConsent():
            return withdraw_consent(command, state)
        case _:
            assert_never(command)


def request_password_reset(
    command: RequestPasswordReset, state: AccountState
) -> list[ApplicationEvent]:
    """Quiet for some minutes after the last request: strangers can request it, too."""
    last = state.password_reset_requested_at
    if last is not None and command.now - last < MIN_PAUSE_BETWEEN_RESETS:
        return []
    link = command.link
    return [
        PasswordResetRequested(
            link_id=link.id, requested_at=command.now, expires_at=link.expires_at
        )
    ]


def reset_password(command: ResetPassword, state: AccountState) -> list[ApplicationEvent]:
    """Never quiet: if a link is used twice at once, only one append succeeds."""
    require_usable(state.password_reset, command.link_id, command.now)
    return [PasswordChanged(cause=PasswordChange.RESET, changed_at=command.now)]


def request_contact_change(
    command: RequestContactChange, state: AccountState
) -> list[ApplicationEvent]:
    require_message_quota(state.contact_changes_requested_at, command.now)
    return [
        ContactChangeRequested(
            change_id=command.change.id,
            kind=command.kind,
            requested_at=command.now,
            expires_at=command.change.expires_at,
            personal=command.contact,
        )
    ]


def confirm_contact_change(
    command: ConfirmContactChange, state: AccountState
) -> list[ApplicationEvent]:
    """The code that confirms a new phone also verifies it."""
    require_usable(state.contact_changes.get(command.kind), command.change_id, command.now)
    changed = ContactChanged(
        change_id=command.change_id,
        kind=command.kind,
        changed_at=command.now,
        personal=command.replaced,
    )
    if command.kind is ContactKind.PHONE and not state.phone_verified:
        return [changed, PhoneVerified(code_id=command.change_id, verified_at=command.now)]
    return [changed]


def issue_phone_code(command: IssuePhoneCode, state: AccountState) -> list[ApplicationEvent]:
    if state.phone_verified:
        raise PhoneVerifiedAlready
    code = command.code
    if state.phone_code is not None and state.phone_code.id == code.id:
        return []
    require_message_quota(state.phone_codes_issued_at, command.now)
    return [PhoneCodeIssued(code_id=code.id, issued_at=command.now, expires_at=code.expires_at)]


def verify_phone(command: VerifyPhone, state: AccountState) -> list[ApplicationEvent]:
    if state.phone_verified:
        raise PhoneVerifiedAlready
    require_usable(state.phone_code, command.code_id, command.now)
    return [PhoneVerified(code_id=command.code_id, verified_at=command.now)]


def give_consent(command: GiveConsent, state: AccountState) -> list[ApplicationEvent]:
    """Quiet for the same text; consent to a newer text is recorded again."""
    if state.consents.get(command.purpose) == command.text_version:
        return []
    return [
        ConsentGiven(
            purpose=command.purpose,
            text_version=command.text_version,
            text_sha256=command.text_sha256,
            channel=command.channel,
            given_at=command.now,
        )
    ]


def withdraw_consent(command: WithdrawConsent, state: AccountState) -> list[ApplicationEvent]:
    if command.purpose is ConsentPurpose.PERSONAL_DATA:
        raise ConsentIndispensable
    if command.purpose not in state.consents:
        return []
    return [
        ConsentWithdrawn(purpose=command.purpose, channel=command.channel, withdrawn_at=command.now)
    ]


def require_usable(open_: Confirmation | None, given: object, now: datetime) -> None:
    if open_ is None:
        raise ConfirmationUsed
    if open_.id != given:
        raise ConfirmationSuperseded
    if now >= open_.expires_at:
        raise ConfirmationExpired(open_.expires_at)


def require_message_quota(earlier: Sequence[datetime], now: datetime) -> None:
    """Messages cost money and can be used to annoy the recipient: one a minute, five a day."""
    recent = [moment for moment in earlier if now - moment < MESSAGE_WINDOW]
    if len(recent) >= MESSAGES_PER_WINDOW:
        raise TooManyMessages(recent[-MESSAGES_PER_WINDOW] + MESSAGE_WINDOW - now)
    if recent and now - recent[-1] < MIN_PAUSE_BETWEEN_MESSAGES:
        raise TooManyMessages(recent[-1] + MIN_PAUSE_BETWEEN_MESSAGES - now)
