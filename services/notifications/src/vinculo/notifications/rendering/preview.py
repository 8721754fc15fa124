"""Every message in every language as files to look at."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from vinculo.notifications.domain.message import Locale
from vinculo.notifications.rendering.context import (
    TEMPLATE_OF,
    ActivationWords,
    ContactChangedWords,
    ContactChangeWords,
    CorrectionRefusedWords,
    DocumentDemandedWords,
    DocumentRejectedWords,
    DocumentUnusableWords,
    IdentityCorrectedWords,
    LastReminderWords,
    MailWords,
    OwnerWarnedWords,
    PasswordChangedWords,
    PasswordResetWords,
    PhoneChangeCodeWords,
    PhoneChangedWords,
    PhoneCodeWords,
    PromotedWords,
    ReminderWords,
    TextWords,
    WelcomeWords,
)
from vinculo.notifications.rendering.labels import (
    correction_refused_in_words,
    document_in_words,
    moment_in_words,
    next_step_in_words,
    rejected_in_words,
    time_in_words,
    unusable_in_words,
)
from vinculo.notifications.rendering.render import Renderer

NAMES = "María Fernanda"
LINK = "00000000-0000-7000-8000-000000000000.a-token-of-no-use"
DEMANDS = {
    Locale.SPANISH: "El de los últimos tres meses, de la cuenta de su nómina.",
    Locale.ENGLISH: "That of the last three months, of the account your salary goes to.",
}
REMARKS = {
    Locale.SPANISH: "No se lee el valor neto; tome la foto con más luz.",
    Locale.ENGLISH: "The net amount cannot be read; take the photo with more light.",
}


def write_previews(
    folder: Path, renderer: Renderer, *, public_url: str, zone: ZoneInfo, now: datetime
) -> list[Path]:
    """Write `<locale>-<template>` as `.html` and `.txt`, short messages as `.sms.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, str] = {}
    for locale in Locale:
        for words in sample_mails(locale, public_url=public_url, zone=zone, now=now):
            mail = renderer.mail(words, locale)
            name = f"{locale.value}-{TEMPLATE_OF[type(words)].value}"
            contents[f"{name}.html"] = mail.html
            contents[f"{name}.txt"] = f"{mail.subject}\n\n{mail.text}"
        for text in sample_texts(locale, zone=zone, now=now):
            name = f"{locale.value}-{TEMPLATE_OF[type(text)].value}"
            contents[f"{name}.sms.txt"] = f"{renderer.text(text, locale)}\n"
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in contents]


def sample_mails(
    locale: Locale, *, public_url: str, zone: ZoneInfo, now: datetime
) -> Sequence[MailWords]:
    happened = moment_in_words(now, zone, locale)
    tomorrow = moment_in_words(now + timedelta(hours=24), zone, locale)
    soon = moment_in_words(now + timedelta(minutes=30), zone, locale)
    step = next_step_in_words("documents", locale)
    payslip = document_in_words("payslip", locale)
    return (
        ActivationWords(given_names=NAMES, link=f"{public_url}/activate#{LINK}", expires=tomorrow),
        OwnerWarnedWords(given_names=NAMES, happened=happened),
        WelcomeWords(given_names=NAMES),
        DocumentUnusableWords(
            given_names=NAMES, document=payslip, reason=unusable_in_words("encrypted", locale)
        ),
        DocumentRejectedWords(
            given_names=NAMES,
            document=payslip,
            reason=rejected_in_words("illegible", locale),
            remark=REMARKS[locale],
        ),
        DocumentDemandedWords(
            given_names=NAMES,
            document=document_in_words("bank_statement", locale),
            remark=DEMANDS[locale],
        ),
        ReminderWords(given_names=NAMES, next_step=step),
        LastReminderWords(given_names=NAMES, next_step=step),
        PromotedWords(given_names=NAMES),
        PasswordResetWords(
            given_names=NAMES, link=f"{public_url}/reset-password#{LINK}", expires=soon
        ),
        PasswordChangedWords(given_names=NAMES, happened=happened),
        ContactChangeWords(
            given_names=NAMES, link=f"{public_url}/confirm-contact#{LINK}", expires=tomorrow
        ),
        ContactChangedWords(given_names=NAMES, happened=happened),
        IdentityCorrectedWords(given_names=NAMES, happened=happened),
        CorrectionRefusedWords(
            given_names=NAMES,
            reason=correction_refused_in_words("not_proved", locale),
            remark="",
        ),
    )


def sample_texts(locale: Locale, *, zone: ZoneInfo, now: datetime) -> Sequence[TextWords]:
    expires = time_in_words(now + timedelta(minutes=10), zone, locale)
    return (
        PhoneCodeWords(code="012345", expires=expires),
        PhoneChangeCodeWords(code="012345", expires=expires),
        PhoneChangedWords(),
    )
