"""The values that templates are filled with."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from vinculo.notifications.domain.application_progress import NextStep
from vinculo.notifications.domain.message import (
    Channel,
    NotificationTrigger,
    Template,
    channel_of,
)
from vinculo.notifications.rendering.context import PAGES_OF_NEXT_STEPS, ContextBuilder
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.preview import sample_contexts, sample_trigger
from vinculo.translation import load_catalogue

APP_URL = "https://credito.example"
BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
CATALOGUE = load_catalogue("vinculo.notifications")
labels = Labels(CATALOGUE, BOGOTA)


@pytest.mark.parametrize(
    ("template", "page"),
    [
        (Template.ACTIVATION, "activate"),
        (Template.PASSWORD_RESET, "reset-password"),
        (Template.CONTACT_CHANGE, "confirm-contact"),
        (Template.WELCOME, "application"),
        (Template.PROMOTED, "application"),
        (Template.DOCUMENT_UNUSABLE, "application/documents"),
        (Template.DOCUMENT_REJECTED, "application/documents"),
        (Template.DOCUMENT_DEMANDED, "application/documents"),
        (Template.REMINDER, "application/documents"),
        (Template.LAST_REMINDER, "application/documents"),
        (Template.OWNER_WARNED, "account"),
        (Template.PASSWORD_CHANGED, "account"),
        (Template.CONTACT_CHANGED, "account"),
        (Template.IDENTITY_CORRECTED, "account"),
        (Template.CORRECTION_REFUSED, "account"),
        (Template.DOCUMENT_CLAIM_OPENED, "registration"),
        (Template.DOCUMENT_CLAIM_GRANTED, "activate"),
        (Template.DOCUMENT_CLAIM_REFUSED, "registration"),
        (Template.DOCUMENT_CLAIM_EXPIRED, "registration"),
        (Template.STAFF_INVITATION, "console/invitation"),
        (Template.STAFF_PASSWORD_RESET, "console/reset-password"),
        (Template.STAFF_PASSWORD_CHANGED, "console/account"),
    ],
)
def test_every_email_leads_to_the_page_for_its_purpose(template: Template, page: str) -> None:
    address = "https://app.credito.example/clientes"

    context = dict(sample_contexts(labels, "es", app_url=address, now=NOW))[template]

    assert context["page"] == f"{address}/{page}"
    assert context.get("link", context["page"]).startswith(f"{address}/{page}")


def test_every_email_has_a_page() -> None:
    contexts = dict(sample_contexts(labels, "es", app_url=APP_URL, now=NOW))

    with_page = {template for template, context in contexts.items() if "page" in context}

    assert with_page == {each for each in Template if channel_of(each) is Channel.EMAIL}


@pytest.mark.parametrize("next_step", list(NextStep))
def test_a_reminder_leads_to_the_page_of_the_next_step(next_step: NextStep) -> None:
    contexts = ContextBuilder(
        link_key=bytes(32), app_url=APP_URL, console_url=f"{APP_URL}/console", labels=labels
    )
    trigger = replace(sample_trigger(Template.REMINDER, NOW), facts={"next_step": next_step.value})

    context = contexts.context(trigger, given_names="Ana", reviewer_note="", language="es")

    assert context["page"] == f"{APP_URL}/{PAGES_OF_NEXT_STEPS[next_step.value]}"


@pytest.mark.parametrize("template", [Template.ACTIVATION, Template.PHONE_CODE])
def test_a_message_with_a_link_or_code_needs_one(template: Template) -> None:
    contexts = ContextBuilder(
        link_key=bytes(32), app_url=APP_URL, console_url=f"{APP_URL}/console", labels=labels
    )
    trigger = NotificationTrigger(
        template=template, person_id=UUID(int=1), cause_event_id=UUID(int=2), happened_at=NOW
    )

    with pytest.raises(ValueError, match="needs a link"):
        contexts.context(trigger, given_names="Ana", reviewer_note="", language="es")
