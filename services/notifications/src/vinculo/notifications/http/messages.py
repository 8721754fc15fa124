"""Routes for staff: the messages to a person, and sending one again."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import current_meta, may_refuse
from vinculo.httpapi.catalogue import preferred_language
from vinculo.notifications.application.message_history import MessageHistory
from vinculo.notifications.domain.message import Channel, Template, channel_of
from vinculo.notifications.http.problems import REFUSALS
from vinculo.notifications.storage.deliveries import DeliveryState, RecordedMessage
from vinculo.translation import Catalogue, Language

FAILURE_REASON: Final = "failure-reason"

Reader = Annotated[Principal, Depends(requires(Permission.PROFILE_READ))]
Sender = Annotated[Principal, Depends(requires(Permission.MESSAGES_RESEND))]


class MessageAnswer(BaseModel):
    """A message without its text and address, which are stored nowhere."""

    message_id: UUID
    template: Annotated[Template, Field(description="What the message is about.")]
    channel: Channel
    state: Annotated[
        DeliveryState,
        Field(description="`waiting` for its recipient, `due`, `held` for a collecting message."),
    ]
    reason: Annotated[str | None, Field(description="Why it failed.")]
    reason_in_words: str | None
    attempts: int
    happened_at: Annotated[datetime, Field(description="When its cause happened.")]
    ended_at: Annotated[
        datetime | None, Field(description="When it was sent or failed; null for older ones.")
    ]
    resend_of: Annotated[UUID | None, Field(description="The message that was sent again.")]
    requested_by: Annotated[UUID | None, Field(description="Who had it sent again.")]
    can_resend: Annotated[bool, Field(description="Whether it can be sent again.")]


class MessagesAnswer(BaseModel):
    items: Annotated[list[MessageAnswer], Field(description="The newest first, at most 200.")]


class ResendAnswer(BaseModel):
    message_id: Annotated[UUID, Field(description="The id of the new message.")]


def messages_api(history: MessageHistory, catalogue: Catalogue) -> APIRouter:
    """`catalogue` has the words of the reasons."""
    router = APIRouter(prefix="/notifications/v1", tags=["messages"])

    @router.get("/people/{person_id}/messages")
    async def list_messages(
        _: Reader, person_id: UUID, request: Request, response: Response
    ) -> MessagesAnswer:
        language = preferred_language(request.headers)
        response.headers["cache-control"] = "no-store"
        messages = await history.of(person_id)
        return MessagesAnswer(
            items=[
                _answer(each, can_resend=can_resend, words=_words(catalogue, each, language))
                for each, can_resend in messages
            ]
        )

    @router.put("/messages/{message_id}/resends/{resend_id}", status_code=202)
    @may_refuse(*REFUSALS)
    async def resend_message(
        request: Request, sender: Sender, message_id: UUID, resend_id: UUID
    ) -> ResendAnswer:
        """Queues it again, to the person's present address. `resend_id` is chosen by the client.

        A repeat with the same `resend_id` sends nothing. The event names who requested it.
        """
        new_id = await history.resend(
            message_id, resend_id, by=sender.subject, meta=current_meta(request)
        )
        return ResendAnswer(message_id=new_id)

    return router


def _words(catalogue: Catalogue, message: RecordedMessage, language: Language) -> str | None:
    if message.reason_code is None:
        return None
    return catalogue.label(FAILURE_REASON, message.reason_code, language)


def _answer(message: RecordedMessage, *, can_resend: bool, words: str | None) -> MessageAnswer:
    trigger = message.delivery.trigger
    return MessageAnswer(
        message_id=message.delivery.message_id,
        template=trigger.template,
        channel=channel_of(trigger.template),
        state=message.state,
        reason=message.reason_code,
        reason_in_words=words,
        attempts=message.delivery.attempts,
        happened_at=trigger.happened_at,
        ended_at=message.ended_at,
        resend_of=None if trigger.resend is None else trigger.resend.message_id,
        requested_by=None if trigger.resend is None else trigger.resend.requested_by,
        can_resend=can_resend,
    )
