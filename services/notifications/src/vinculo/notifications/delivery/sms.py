"""Sends short messages to an HTTP gateway: the JSON body, and the meaning of responses."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpx2

from vinculo.notifications.delivery.transports import (
    PermanentFailure,
    ShortMessage,
    TransientFailure,
)
from vinculo.notifications.domain.message import FailureReason

PLACEHOLDER: Final = re.compile(r"\{(to|text|message_id)\}")
RETRYABLE_CLIENT_ERRORS: Final = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""4xx responses about our credentials or our rate, not about the message."""


class BodyTemplateError(ValueError):
    """The template of the request body cannot carry a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsGateway:
    """`body` is JSON whose strings may contain `{to}`, `{text}` and `{message_id}`."""

    url: str
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpSmsTransport:
    """Posts one message per request, with its id as `Idempotency-Key`.

    Redirects are not followed: they would take the credentials to another host.
    """

    def __init__(
        self, client: httpx2.AsyncClient, gateway: SmsGateway, *, timeout_seconds: float
    ) -> None:
        self._client = client
        self._gateway = gateway
        self._timeout_seconds = timeout_seconds

    async def send(self, message: ShortMessage) -> None:
        """Raise PermanentFailure for a 4xx about the message, else TransientFailure."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._client.post(
                    self._gateway.url,
                    json=fill_body(self._gateway.body, message),
                    headers={
                        **self._gateway.headers,
                        "Idempotency-Key": str(message.message_id),
                    },
                    follow_redirects=False,
                )
        except (httpx2.HTTPError, OSError, TimeoutError) as error:
            raise TransientFailure(type(error).__name__) from error
        if response.is_success:
            return
        if response.is_client_error and response.status_code not in RETRYABLE_CLIENT_ERRORS:
            raise PermanentFailure(FailureReason.MESSAGE_REFUSED, response.status_code)
        raise TransientFailure(str(response.status_code))


def parse_body_template(text: str) -> Any:  # noqa: ANN401 - any JSON
    """The parsed JSON. Raise BodyTemplateError unless it is JSON with `{to}` and `{text}`."""
    try:
        body = json.loads(text)
    except ValueError as error:
        raise BodyTemplateError("is not JSON") from error
    found = set(PLACEHOLDER.findall(json.dumps(body)))
    if not {"to", "text"} <= found:
        raise BodyTemplateError("must contain {to} and {text}")
    return body


def fill_body(body: Any, message: ShortMessage) -> Any:  # noqa: ANN401 - any JSON
    """The body with the message in place of the placeholders, which the message may contain too."""
    values = {
        "to": message.phone,
        "text": message.text,
        "message_id": str(message.message_id),
    }
    match body:
        case str():
            return PLACEHOLDER.sub(lambda found: values[found[1]], body)
        case list():
            return [fill_body(each, message) for each in body]
        case dict():
            return {name: fill_body(each, message) for name, each in body.items()}
        case _:
            return body
