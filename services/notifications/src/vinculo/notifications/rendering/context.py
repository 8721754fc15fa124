"""What each message needs to know to be written: one shape per template."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from vinculo.contracts.accounts import CorrectionNote
from vinculo.contracts.documents import DemandNote, RejectionNote
from vinculo.notifications.domain.message import Link, Locale, NotificationTrigger, Template
from vinculo.notifications.rendering.labels import (
    correction_refused_in_words,
    document_in_words,
    moment_in_words,
    next_step_in_words,
    rejected_in_words,
    time_in_words,
    unusable_in_words,
)
from vinculo.privacy import code_of, link_token


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


LINKED: Mapping[Template, type[ActivationWords | PasswordResetWords | ContactChangeWords]] = {
    Template.ACTIVATION: ActivationWords,
    Template.PASSWORD_RESET: PasswordResetWords,
    Template.CONTACT_CHANGE: ContactChangeWords,
}
TOLD: Mapping[
    Template,
    type[OwnerWarnedWords | PasswordChangedWords | ContactChangedWords | IdentityCorrectedWords],
] = {
    Template.OWNER_WARNED: OwnerWarnedWords,
    Template.PASSWORD_CHANGED: PasswordChangedWords,
    Template.CONTACT_CHANGED: ContactChangedWords,
    Template.IDENTITY_CORRECTED: IdentityCorrectedWords,
}
GREETED: Mapping[Template, type[WelcomeWords | PromotedWords]] = {
    Template.WELCOME: WelcomeWords,
    Template.PROMOTED: PromotedWords,
}
REMINDED: Mapping[Template, type[ReminderWords | LastReminderWords]] = {
    Template.REMINDER: ReminderWords,
    Template.LAST_REMINDER: LastReminderWords,
}
CODED: Mapping[Template, type[PhoneCodeWords | PhoneChangeCodeWords]] = {
    Template.PHONE_CODE: PhoneCodeWords,
    Template.PHONE_CHANGE_CODE: PhoneChangeCodeWords,
}
PAGES = {
    Template.ACTIVATION: "activate",
    Template.PASSWORD_RESET: "reset-password",
    Template.CONTACT_CHANGE: "confirm-contact",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Makes links, codes and moments; `public_url` is where the pages are."""

    link_key: bytes
    public_url: str
    zone: ZoneInfo

    def words(
        self,
        trigger: NotificationTrigger,
        given_names: str,
        sealed: Mapping[str, Any] | None,
        locale: Locale,
    ) -> Words:
        """`sealed` is the event's own personal part, opened."""
        text = self._text(trigger, locale)
        return text or self._mail(trigger, given_names, sealed, locale)

    def _text(self, trigger: NotificationTrigger, locale: Locale) -> TextWords | None:
        if (coded := CODED.get(trigger.template)) is not None:
            link = _link_of(trigger)
            expires = time_in_words(link.expires_at, self.zone, locale)
            return coded(code=code_of(self.link_key, link.link_id), expires=expires)
        return PhoneChangedWords() if trigger.template is Template.PHONE_CHANGED else None

    def _mail(
        self,
        trigger: NotificationTrigger,
        given_names: str,
        sealed: Mapping[str, Any] | None,
        locale: Locale,
    ) -> MailWords:
        template = trigger.template
        if (linked := LINKED.get(template)) is not None:
            return linked(given_names=given_names, **self._link(trigger, locale))
        if (told := TOLD.get(template)) is not None:
            happened = moment_in_words(trigger.happened_at, self.zone, locale)
            return told(given_names=given_names, happened=happened)
        if (greeted := GREETED.get(template)) is not None:
            return greeted(given_names=given_names)
        if (reminded := REMINDED.get(template)) is not None:
            next_step = next_step_in_words(trigger.facts["next_step"], locale)
            return reminded(given_names=given_names, next_step=next_step)
        return _refusal(trigger, given_names, sealed, locale)

    def _link(self, trigger: NotificationTrigger, locale: Locale) -> dict[str, str]:
        link = _link_of(trigger)
        token = link_token(self.link_key, link.link_id)
        return {
            "link": f"{self.public_url}/{PAGES[trigger.template]}#{link.link_id}.{token}",
            "expires": moment_in_words(link.expires_at, self.zone, locale),
        }


def _refusal(
    trigger: NotificationTrigger,
    given_names: str,
    sealed: Mapping[str, Any] | None,
    locale: Locale,
) -> MailWords:
    facts = trigger.facts
    match trigger.template:
        case Template.DOCUMENT_UNUSABLE:
            return DocumentUnusableWords(
                given_names=given_names,
                document=document_in_words(facts["document_kind"], locale),
                reason=unusable_in_words(facts["reason_code"], locale),
            )
        case Template.DOCUMENT_REJECTED:
            return DocumentRejectedWords(
                given_names=given_names,
                document=document_in_words(facts["document_kind"], locale),
                reason=rejected_in_words(facts["reason_code"], locale),
                remark=RejectionNote.model_validate(sealed).note if sealed else "",
            )
        case Template.DOCUMENT_DEMANDED:
            return DocumentDemandedWords(
                given_names=given_names,
                document=document_in_words(facts["document_kind"], locale),
                remark=DemandNote.model_validate(sealed).note if sealed else "",
            )
        case Template.CORRECTION_REFUSED:
            return CorrectionRefusedWords(
                given_names=given_names,
                reason=correction_refused_in_words(facts["reason_code"], locale),
                remark=CorrectionNote.model_validate(sealed).note if sealed else "",
            )
        case _:
            raise ValueError(f"there are no words for {trigger.template}")


def _link_of(trigger: NotificationTrigger) -> Link:
    if trigger.link is None:
        raise ValueError(f"{trigger.template} needs a link")
    return trigger.link
