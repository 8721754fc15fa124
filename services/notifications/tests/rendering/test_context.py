"""The values that templates are filled with."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from vinculo.notifications.domain.message import (
    NotificationTrigger,
    Template,
)
from vinculo.notifications.rendering.context import ContextBuilder
from vinculo.notifications.rendering.labels import Labels
from vinculo.translation import load_catalogue

PUBLIC_URL = "https://credito.example"
BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 11, 5, 20, 45, tzinfo=UTC)
CATALOGUE = load_catalogue("vinculo.notifications")
labels = Labels(CATALOGUE, BOGOTA)


@pytest.mark.parametrize("template", [Template.ACTIVATION, Template.PHONE_CODE])
def test_a_message_with_a_link_or_code_needs_one(template: Template) -> None:
    contexts = ContextBuilder(link_key=bytes(32), public_url=PUBLIC_URL, labels=labels)
    trigger = NotificationTrigger(
        template=template, person_id=UUID(int=1), cause_event_id=UUID(int=2), happened_at=NOW
    )

    with pytest.raises(ValueError, match="needs a link"):
        contexts.context(trigger, given_names="Ana", reviewer_note="", language="es")
