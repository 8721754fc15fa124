"""Ids and channels of messages."""

from uuid import UUID, uuid5

from vinculo.notifications.domain.message import (
    Channel,
    Template,
    channel_of,
    message_id_for,
)

CAUSE = UUID(int=7)
MESSAGE_ID = message_id_for(CAUSE, Template.ACTIVATION)


def test_codes_and_phone_changes_go_by_sms_everything_else_by_email() -> None:
    by_sms = {template for template in Template if channel_of(template) is Channel.SMS}

    assert by_sms == {Template.PHONE_CODE, Template.PHONE_CHANGE_CODE, Template.PHONE_CHANGED}


def test_each_template_of_one_cause_has_another_message_id() -> None:
    assert message_id_for(CAUSE, Template.PROMOTED) == uuid5(CAUSE, "promoted")
    assert message_id_for(CAUSE, Template.PROMOTED) != MESSAGE_ID
    assert message_id_for(UUID(int=8), Template.ACTIVATION) != MESSAGE_ID
