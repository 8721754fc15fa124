"""Writes every message in every language to files, for people who review the texts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from vinculo.notifications.domain.message import (
    TO_STAFF,
    Channel,
    Link,
    NotificationTrigger,
    Template,
    channel_of,
)
from vinculo.notifications.rendering.context import Context, ContextBuilder
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.render import COLLECTING_FORMS, Renderer
from vinculo.translation import Language

PREVIEW: Final = "preview"
GIVEN_NAMES: Final = "María Fernanda"
VALIDITY: Final = {
    Template.ACTIVATION: timedelta(hours=24),
    Template.PASSWORD_RESET: timedelta(minutes=30),
    Template.CONTACT_CHANGE: timedelta(hours=24),
    Template.STAFF_INVITATION: timedelta(days=3),
    Template.STAFF_PASSWORD_RESET: timedelta(minutes=30),
    Template.PHONE_CODE: timedelta(minutes=10),
    Template.PHONE_CHANGE_CODE: timedelta(minutes=10),
}
FACTS: Final = {
    Template.DOCUMENT_UNUSABLE: {"document_kind": "payslip", "reason_code": "encrypted"},
    Template.DOCUMENT_REJECTED: {"document_kind": "payslip", "reason_code": "illegible"},
    Template.DOCUMENT_DEMANDED: {"document_kind": "bank_statement"},
    Template.CORRECTION_REFUSED: {"reason_code": "not_proved"},
    Template.DOCUMENT_CLAIM_REFUSED: {"reason_code": "evidence_insufficient"},
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
        for template, entries in sample_entries(labels, language, app_url=app_url, now=now):
            name = f"{language}-{COLLECTING_FORMS[template]}"
            if channel_of(template) is Channel.SMS:
                text = renderer.collecting_sms(template, entries, language)
                contents[f"{name}.sms.txt"] = f"{text}\n"
            else:
                email = renderer.collecting_email(template, entries, language)
                contents[f"{name}.html"] = email.html
                contents[f"{name}.txt"] = f"{email.subject}\n\n{email.text}"
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in contents]


def sample_contexts(
    labels: Labels, language: Language, *, app_url: str, now: datetime
) -> Sequence[tuple[Template, Context]]:
    """A context for every template; links and codes in them are of no use."""
    contexts = _sample_builder(app_url, labels)
    return [
        (
            template,
            contexts.context(
                sample_trigger(template, now),
                given_names="" if template in TO_STAFF else GIVEN_NAMES,
                reviewer_note=_reviewer_note(template, labels, language),
                language=language,
            ),
        )
        for template in Template
    ]


def sample_entries(
    labels: Labels, language: Language, *, app_url: str, now: datetime
) -> Sequence[tuple[Template, Sequence[Context]]]:
    """The entries of every collecting message, each form by one of its templates.

    Twice the same message, or one of each template of the form.
    """
    contexts = _sample_builder(app_url, labels)
    templates_by_form: dict[str, list[Template]] = {}
    for template, form in COLLECTING_FORMS.items():
        templates_by_form.setdefault(form, []).append(template)
    samples = []
    for templates in templates_by_form.values():
        listed = templates if len(templates) > 1 else templates * 2
        entries = [
            contexts.collected_entry(
                sample_trigger(template, now + number * timedelta(minutes=20)),
                "default",
                language,
                _reviewer_note(template, labels, language),
            )
            for number, template in enumerate(listed)
        ]
        samples.append((templates[0], entries))
    return samples


def _sample_builder(app_url: str, labels: Labels) -> ContextBuilder:
    return ContextBuilder(
        link_key=bytes(32), app_url=app_url, console_url=f"{app_url}/console", labels=labels
    )


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
