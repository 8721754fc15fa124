"""Writes every message in every language to files, for people who review the texts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from vinculo.notifications.domain.message import (
    Channel,
    Link,
    NotificationTrigger,
    Template,
    channel_of,
)
from vinculo.notifications.rendering.context import Context, ContextBuilder
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.render import Renderer
from vinculo.translation import Language

PREVIEW: Final = "preview"
GIVEN_NAMES: Final = "María Fernanda"
VALIDITY: Final = {
    Template.ACTIVATION: timedelta(hours=24),
    Template.PASSWORD_RESET: timedelta(minutes=30),
    Template.CONTACT_CHANGE: timedelta(hours=24),
    Template.PHONE_CODE: timedelta(minutes=10),
    Template.PHONE_CHANGE_CODE: timedelta(minutes=10),
}
FACTS: Final = {
    Template.DOCUMENT_UNUSABLE: {"document_kind": "payslip", "reason_code": "encrypted"},
    Template.DOCUMENT_REJECTED: {"document_kind": "payslip", "reason_code": "illegible"},
    Template.DOCUMENT_DEMANDED: {"document_kind": "bank_statement"},
    Template.CORRECTION_REFUSED: {"reason_code": "not_proved"},
    Template.REMINDER: {"next_step": "documents"},
    Template.LAST_REMINDER: {"next_step": "documents"},
}
REVIEWER_NOTES: Final = {
    Template.DOCUMENT_REJECTED: "rejection-note",
    Template.DOCUMENT_DEMANDED: "demand-note",
}
"""Keys of the catalogue; other messages are shown without a reviewer's note."""


def write_previews(
    folder: Path, renderer: Renderer, labels: Labels, *, app_url: str, now: datetime
) -> list[Path]:
    """Write `<language>-<template>` as `.html` and `.txt`, short messages as `.sms.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, str] = {}
    for language in labels.catalogue.languages:
        for template, context in sample_contexts(labels, language, app_url=app_url, now=now):
            name = f"{language}-{template.value}"
            if channel_of(template) is Channel.SMS:
                contents[f"{name}.sms.txt"] = f"{renderer.sms(template, context, language)}\n"
            else:
                email = renderer.email(template, context, language)
                contents[f"{name}.html"] = email.html
                contents[f"{name}.txt"] = f"{email.subject}\n\n{email.text}"
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in contents]


def sample_contexts(
    labels: Labels, language: Language, *, app_url: str, now: datetime
) -> Sequence[tuple[Template, Context]]:
    """A context for every template; links and codes in them are of no use."""
    contexts = ContextBuilder(link_key=bytes(32), app_url=app_url, labels=labels)
    return [
        (
            template,
            contexts.context(
                sample_trigger(template, now),
                given_names=GIVEN_NAMES,
                reviewer_note=_reviewer_note(template, labels, language),
                language=language,
            ),
        )
        for template in Template
    ]


def sample_trigger(template: Template, now: datetime) -> NotificationTrigger:
    nil = UUID(int=0)
    validity = VALIDITY.get(template)
    link = None
    if validity is not None:
        link = Link(link_id=nil, issued_at=now, expires_at=now + validity)
    return NotificationTrigger(
        template=template,
        person_id=nil,
        cause_event_id=nil,
        happened_at=now,
        link=link,
        facts=FACTS.get(template, {}),
    )


def _reviewer_note(template: Template, labels: Labels, language: Language) -> str:
    key = REVIEWER_NOTES.get(template)
    return "" if key is None else labels.catalogue.text(PREVIEW, key, language)
