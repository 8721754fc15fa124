"""What each message needs to know to be written: one shape per template."""

from dataclasses import dataclass

from vinculo.notifications.domain.message import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationWords:
    """`expires` is a moment in words."""

    given_names: str
    link: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerWarnedWords:
    """`happened` is a moment in words."""

    given_names: str
    happened: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WelcomeWords:
    given_names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentUnusableWords:
    """`document` and `reason` are phrases within a sentence."""

    given_names: str
    document: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRejectedWords:
    """`remark` is what the reviewer wrote; empty when nothing was."""

    given_names: str
    document: str
    reason: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderWords:
    """`next_step` is a whole sentence."""

    given_names: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReminderWords:
    """`next_step` is a whole sentence."""

    given_names: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotedWords:
    given_names: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetWords:
    given_names: str
    link: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChangedWords:
    given_names: str
    happened: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChangeWords:
    """Goes to the new address, which has to be confirmed."""

    given_names: str
    link: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChangedWords:
    """Goes to the old address, and does not tell the new one."""

    given_names: str
    happened: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDemandedWords:
    """`remark` says what exactly is meant; empty when the reviewer wrote nothing."""

    given_names: str
    document: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCorrectedWords:
    given_names: str
    happened: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRefusedWords:
    """`remark` is what the operator wrote; empty when nothing was."""

    given_names: str
    reason: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCodeWords:
    """`expires` is a time of day."""

    code: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChangeCodeWords:
    """Goes to the new phone; `expires` is a time of day."""

    code: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChangedWords:
    """Goes to the old phone, and does not tell the new one."""


MailWords = (
    ActivationWords
    | OwnerWarnedWords
    | WelcomeWords
    | DocumentUnusableWords
    | DocumentRejectedWords
    | DocumentDemandedWords
    | ReminderWords
    | LastReminderWords
    | PromotedWords
    | PasswordResetWords
    | PasswordChangedWords
    | ContactChangeWords
    | ContactChangedWords
    | IdentityCorrectedWords
    | CorrectionRefusedWords
)
TextWords = PhoneCodeWords | PhoneChangeCodeWords | PhoneChangedWords
Words = MailWords | TextWords

TEMPLATE_OF: dict[type[Words], Template] = {
    ActivationWords: Template.ACTIVATION,
    OwnerWarnedWords: Template.OWNER_WARNED,
    WelcomeWords: Template.WELCOME,
    DocumentUnusableWords: Template.DOCUMENT_UNUSABLE,
    DocumentRejectedWords: Template.DOCUMENT_REJECTED,
    DocumentDemandedWords: Template.DOCUMENT_DEMANDED,
    ReminderWords: Template.REMINDER,
    LastReminderWords: Template.LAST_REMINDER,
    PromotedWords: Template.PROMOTED,
    PasswordResetWords: Template.PASSWORD_RESET,
    PasswordChangedWords: Template.PASSWORD_CHANGED,
    ContactChangeWords: Template.CONTACT_CHANGE,
    ContactChangedWords: Template.CONTACT_CHANGED,
    IdentityCorrectedWords: Template.IDENTITY_CORRECTED,
    CorrectionRefusedWords: Template.CORRECTION_REFUSED,
    PhoneCodeWords: Template.PHONE_CODE,
    PhoneChangeCodeWords: Template.PHONE_CHANGE_CODE,
    PhoneChangedWords: Template.PHONE_CHANGED,
}
