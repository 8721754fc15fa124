"""Giving a short message to an HTTP gateway, and what its answers mean for another attempt."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx2

from vinculo.notifications.delivery.transports import (
    PermanentFailure,
    ShortMessage,
    TransientFailure,
)
from vinculo.notifications.domain.message import FailureReason

PLACEHOLDER = re.compile(r"\{(to|text|message_id)\}")
RETRYABLE_CLIENT_ERRORS = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""Refusals that speak of our token or of the moment, not of the message."""


class BodyTemplateError(ValueError):
    """The template of the body cannot carry a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsGateway:
    """`body` is JSON whose strings may hold `{to}`, `{text}` and `{message_id}`."""

    url: str
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpSmsTransport:
    """Posts one message per request; `Idempotency-Key` is the message's id, for whoever knows it.

    2xx is sent. 4xx is refused for good, but for those about our token or the moment. All else may
    succeed later; redirects are not followed, for they would take the token elsewhere.
    """

    def __init__(
        self, client: httpx2.AsyncClient, gateway: SmsGateway, *, timeout_seconds: float
    ) -> None:
        self._client = client
        self._gateway = gateway
        self._timeout_seconds = timeout_seconds

    async def send(self, message: ShortMessage) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._client.post(
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
        if answer.is_success:
            return
        if answer.is_client_error and answer.status_code not in RETRYABLE_CLIENT_ERRORS:
            raise PermanentFailure(FailureReason.MESSAGE_REFUSED, answer.status_code)
        raise TransientFailure(str(answer.status_code))


def parse_body_template(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Read the template; it must be JSON and hold `{to}` and `{text}`."""
    try:
        body = json.loads(text)
    except ValueError as error:
        raise BodyTemplateError("is not JSON") from error
    held = set(PLACEHOLDER.findall(json.dumps(body)))
    if not {"to", "text"} <= held:
        raise BodyTemplateError("must hold {to} and {text}")
    return body


def fill_body(body: Any, message: ShortMessage) -> Any:  # noqa: ANN401 - any JSON
    """Put the message into the strings of the template; what it holds stays text."""
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
