"""What each command on an account leads to. Every one of them needs an activated account."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

from vinculo.onboarding.domain.account_commands import (
    AccountCommand,
    ChangePassword,
    ConfirmContactChange,
    GiveConsent,
    IssuePhoneCode,
    RequestContactChange,
    RequestPasswordReset,
    ResetPassword,
    VerifyPhone,
    WithdrawConsent,
)
from vinculo.onboarding.domain.account_events import (
    ConsentWithdrawn,
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    PasswordChange,
    PasswordChanged,
    PasswordResetRequested,
    PhoneCodeIssued,
    PhoneVerified,
)
from vinculo.onboarding.domain.account_matters import REMEMBERED, AccountMatters, Confirmation
from vinculo.onboarding.domain.account_refusals import (
    ConfirmationExpired,
    ConfirmationSuperseded,
    ConfirmationUsed,
    ConsentIndispensable,
    PhoneVerifiedAlready,
    TooManyMessages,
)
from vinculo.onboarding.domain.application_events import ApplicationEvent
from vinculo.onboarding.domain.step_events import ConsentGiven, ConsentPurpose

RESETS_AT_MOST_EVERY: Final = timedelta(minutes=5)
MESSAGES_AT_MOST_EVERY: Final = timedelta(minutes=1)
MESSAGES_A_DAY: Final = 5


def decide_on_account(command: AccountCommand, account: AccountMatters) -> list[ApplicationEvent]:
    match command:
        case RequestPasswordReset():
            return request_password_reset(command, account)
        case ResetPassword():
            return reset_password(command, account)
        case ChangePassword():
            return [PasswordChanged(cause=PasswordChange.CHANGED, changed_at=command.now)]
        case RequestContactChange():
            return request_contact_change(command, account)
        case ConfirmContactChange():
            return confirm_contact_change(command, account)
        case IssuePhoneCode():
            return issue_phone_code(command, account)
        case VerifyPhone():
            return verify_phone(command, account)
        case GiveConsent():
            return give_consent(command, account)
        case WithdrawConsent():
            return withdraw_consent(command, account)
        case _:
            assert_never(command)


def request_password_reset(
    command: RequestPasswordReset, account: AccountMatters
) -> list[ApplicationEvent]:
    """Quiet for some minutes after the last: strangers may ask, and the owner gets the mails."""
    last = account.reset_at
    if last is not None and command.now - last < RESETS_AT_MOST_EVERY:
        return []
    link = command.link
    return [
        PasswordResetRequested(
            link_id=link.id, requested_at=command.now, expires_at=link.expires_at
        )
    ]


def reset_password(command: ResetPassword, account: AccountMatters) -> list[ApplicationEvent]:
    """Never quiet: of two that use one link at once, one sets the password."""
    require_usable(account.reset, command.link_id, command.now)
    return [PasswordChanged(cause=PasswordChange.RESET, changed_at=command.now)]


def request_contact_change(
    command: RequestContactChange, account: AccountMatters
) -> list[ApplicationEvent]:
    require_pause(account.changes_at, command.now)
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
    command: ConfirmContactChange, account: AccountMatters
) -> list[ApplicationEvent]:
    """The code that confirms a new phone verifies it too."""
    require_usable(account.changes.get(command.kind), command.change_id, command.now)
    changed = ContactChanged(
        change_id=command.change_id,
        kind=command.kind,
        changed_at=command.now,
        personal=command.replaced,
    )
    if command.kind is ContactKind.PHONE and not account.phone_verified:
        return [changed, PhoneVerified(code_id=command.change_id, verified_at=command.now)]
    return [changed]


def issue_phone_code(command: IssuePhoneCode, account: AccountMatters) -> list[ApplicationEvent]:
    if account.phone_verified:
        raise PhoneVerifiedAlready
    code = command.code
    if account.phone_code is not None and account.phone_code.id == code.id:
        return []
    require_pause(account.phone_codes_at, command.now)
    return [PhoneCodeIssued(code_id=code.id, issued_at=command.now, expires_at=code.expires_at)]


def verify_phone(command: VerifyPhone, account: AccountMatters) -> list[ApplicationEvent]:
    if account.phone_verified:
        raise PhoneVerifiedAlready
    require_usable(account.phone_code, command.code_id, command.now)
    return [PhoneVerified(code_id=command.code_id, verified_at=command.now)]


def give_consent(command: GiveConsent, account: AccountMatters) -> list[ApplicationEvent]:
    """Given again to the same text: quiet; to a newer text: a consent of its own."""
    if account.consents.get(command.purpose) == command.text_version:
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


def withdraw_consent(command: WithdrawConsent, account: AccountMatters) -> list[ApplicationEvent]:
    if command.purpose is ConsentPurpose.PERSONAL_DATA:
        raise ConsentIndispensable
    if command.purpose not in account.consents:
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


def require_pause(earlier: Sequence[datetime], now: datetime) -> None:
    """A message costs money and can annoy a stranger: one a minute, a few a day."""
    recent = [moment for moment in earlier if now - moment < REMEMBERED]
    if len(recent) >= MESSAGES_A_DAY:
        raise TooManyMessages(recent[-MESSAGES_A_DAY] + REMEMBERED - now)
    if recent and now - recent[-1] < MESSAGES_AT_MOST_EVERY:
        raise TooManyMessages(recent[-1] + MESSAGES_AT_MOST_EVERY - now)
