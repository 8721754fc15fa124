"""Requests to an SMS gateway, and what its responses mean."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from vinculo.notifications.delivery.sms import (
    BodyTemplateError,
    HttpSmsTransport,
    SmsGateway,
    fill_body,
    parse_body_template,
)
from vinculo.notifications.delivery.transports import (
    PermanentFailure,
    ShortMessage,
    TransientFailure,
)
from vinculo.notifications.domain.message import FailureReason

from ..mail_servers import silent_server
from ..sms_gateways import sms_gateway

MESSAGE = ShortMessage(phone="+573001234567", text="Su código es 012345", message_id=UUID(int=5))
BODY = {"to": "{to}", "text": "{text}"}


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as made:
        yield made


def transport(
    client: httpx2.AsyncClient,
    url: str,
    headers: dict[str, str] | None = None,
    timeout_seconds: float = 20,
) -> HttpSmsTransport:
    gateway = SmsGateway(url=url, body=BODY, headers=headers or {})
    return HttpSmsTransport(client, gateway, timeout_seconds=timeout_seconds)


async def test_a_message_is_posted_as_json_with_credentials_and_its_id(
    client: httpx2.AsyncClient,
) -> None:
    async with sms_gateway() as gateway:
        await transport(client, gateway.url, {"X-Api-Key": "secret"}).send(MESSAGE)

    (request,) = gateway.requests
    assert request.line == "POST /v1/messages HTTP/1.1"
    assert request.body == {"to": "+573001234567", "text": "Su código es 012345"}
    assert request.headers["x-api-key"] == "secret"
    assert request.headers["idempotency-key"] == str(UUID(int=5))
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "422 Unprocessable"])
async def test_a_client_error_about_the_message_is_a_permanent_failure(
    client: httpx2.AsyncClient, status: str
) -> None:
    async with sms_gateway(status) as gateway:
        with pytest.raises(PermanentFailure) as refused:
            await transport(client, gateway.url).send(MESSAGE)

    assert refused.value.reason is FailureReason.MESSAGE_REFUSED


@pytest.mark.parametrize(
    "status",
    ["401 Unauthorized", "429 Too Many Requests", "500 Error", "503 Away", "302 Found"],
)
async def test_other_error_responses_are_transient_failures(
    client: httpx2.AsyncClient, status: str
) -> None:
    async with sms_gateway(status) as gateway:
        with pytest.raises(TransientFailure):
            await transport(client, gateway.url).send(MESSAGE)

    assert len(gateway.requests) == 1


async def test_an_unreachable_gateway_is_a_transient_failure(client: httpx2.AsyncClient) -> None:
    async with sms_gateway() as gateway:
        pass

    with pytest.raises(TransientFailure):
        await transport(client, gateway.url).send(MESSAGE)


async def test_a_silent_gateway_is_a_transient_failure_after_the_timeout(
    client: httpx2.AsyncClient,
) -> None:
    async with silent_server() as port:
        with pytest.raises(TransientFailure, match="Timeout"):
            await transport(client, f"http://127.0.0.1:{port}", timeout_seconds=0.2).send(MESSAGE)


def test_placeholders_are_replaced_at_any_depth_and_once() -> None:
    template = parse_body_template('{"messages": [{"dest": "tel:{to}", "body": "{text}", "n": 1}]}')
    tricky = ShortMessage(phone="+57", text='a "{to}"', message_id=UUID(int=1))

    assert fill_body(template, tricky) == {
        "messages": [{"dest": "tel:+57", "body": 'a "{to}"', "n": 1}]
    }


@pytest.mark.parametrize("text", ["to={to}&text={text}", '{"to": "{to}"}', '"{text}"', "{}"])
def test_a_body_template_without_to_and_text_is_refused(text: str) -> None:
    with pytest.raises(BodyTemplateError):
        parse_body_template(text)
