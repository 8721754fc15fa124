"""Events and commands of one applicant's account, for tests of deciders."""

from datetime import timedelta
from uuid import UUID

from vinculo.onboarding.domain.account import (
    AccountEvent,
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
from vinculo.onboarding.domain.account_decisions import (
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

from .application_samples import NOW

LATER = NOW + timedelta(minutes=1)
ID = UUID(int=31)
NEWER_ID = UUID(int=32)
CONFIRMATION = Confirmation(id=ID, expires_at=NOW + timedelta(minutes=30))
NEW_EMAIL = Contact(contact="new@example.com")
REPLACED = ContactReplaced(contact="new@example.com", previous="ana@example.com")

RESET_REQUESTED = PasswordResetRequested(
    link_id=ID, requested_at=NOW, expires_at=CONFIRMATION.expires_at
)
PASSWORD_RESET = PasswordChanged(cause=PasswordChange.RESET, changed_at=LATER)
PASSWORD_CHANGED = PasswordChanged(cause=PasswordChange.CHANGED, changed_at=LATER)
CHANGE_REQUESTED = ContactChangeRequested(
    change_id=ID,
    kind=ContactKind.EMAIL,
    requested_at=NOW,
    expires_at=CONFIRMATION.expires_at,
    personal=NEW_EMAIL,
)
CONTACT_CHANGED = ContactChanged(
    change_id=ID, kind=ContactKind.EMAIL, changed_at=LATER, personal=REPLACED
)
CODE_ISSUED = PhoneCodeIssued(code_id=ID, issued_at=NOW, expires_at=CONFIRMATION.expires_at)
PHONE_VERIFIED = PhoneVerified(code_id=ID, verified_at=LATER)
MARKETING_GIVEN = ConsentGiven(
    purpose=ConsentPurpose.MARKETING,
    text_version="2026-01",
    text_sha256="cd" * 32,
    channel=Channel.WEB,
    given_at=NOW,
)
MARKETING_WITHDRAWN = ConsentWithdrawn(
    purpose=ConsentPurpose.MARKETING, channel=Channel.WEB, withdrawn_at=LATER
)

ACCOUNT_EVENTS: tuple[AccountEvent, ...] = (
    RESET_REQUESTED,
    PASSWORD_RESET,
    CHANGE_REQUESTED,
    CONTACT_CHANGED,
    CODE_ISSUED,
    PHONE_VERIFIED,
    MARKETING_WITHDRAWN,
)

REQUEST_RESET = RequestPasswordReset(link=CONFIRMATION, now=NOW)
RESET = ResetPassword(link_id=ID, now=LATER)
CHANGE_PASSWORD = ChangePassword(now=LATER)
REQUEST_CHANGE = RequestContactChange(
    change=CONFIRMATION, kind=ContactKind.EMAIL, contact=NEW_EMAIL, now=NOW
)
CONFIRM_CHANGE = ConfirmContactChange(
    change_id=ID, kind=ContactKind.EMAIL, replaced=REPLACED, now=LATER
)
ISSUE_CODE = IssuePhoneCode(code=CONFIRMATION, now=NOW)
VERIFY_PHONE = VerifyPhone(code_id=ID, now=LATER)
GIVE_MARKETING = GiveConsent(
    purpose=ConsentPurpose.MARKETING,
    text_version="2026-01",
    text_sha256="cd" * 32,
    channel=Channel.WEB,
    now=NOW,
)
WITHDRAW_MARKETING = WithdrawConsent(
    purpose=ConsentPurpose.MARKETING, channel=Channel.WEB, now=LATER
)
