"""Sixty clients that sign in and 3,500 slow bodies from one address leave others served.

The clients are at different addresses of the loopback network, which the gateway distinguishes.
"""

import asyncio
import json
import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest

from vinculo.local.servers.gateway import DEFAULT_LIMITS
from vinculo.simulation.gateway_client import GatewayClient, RequestRefused
from vinculo.simulation.people import Person
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

CROWD = "127.0.0.2"
BYSTANDER = "127.0.0.3"
SIGNING_IN = 60
SIGN_INS_OF_BYSTANDER = 3
SLOW_BODIES = 3_500
PLACES = int(DEFAULT_LIMITS["VINCULO_CONNECTIONS_PER_ADDRESS"])
HANGING_SECONDS = 60
SIGN_IN = "/onboarding/v1/sessions"
OWN_APPLICATION = "/onboarding/v1/me/application"
PROBLEM = "application/problem+json"


def client_at(address: str, url: str) -> httpx2.AsyncClient:
    """A client that connects from this address of the loopback network."""
    limits = httpx2.Limits(max_connections=SIGNING_IN)
    return httpx2.AsyncClient(
        base_url=url,
        timeout=HANGING_SECONDS,
        transport=httpx2.AsyncHTTPTransport(local_address=address, limits=limits),
    )


async def sign_in(client: httpx2.AsyncClient, number: str, password: str) -> httpx2.Response:
    body = {"document_number": number, "password": password}
    return await client.post(SIGN_IN, json=body)


async def test_sixty_clients_that_sign_in_are_refused_before_a_bystander_at_another_address(
    harness: SystemHarness,
) -> None:
    person = (await harness.activated_applicant()).person
    answers: dict[str, httpx2.Response] = {}
    is_over = asyncio.Event()

    async def keep_signing_in(crowd: httpx2.AsyncClient) -> None:
        """Guess, each time for another unknown number, without regard to Retry-After."""
        while not is_over.is_set():
            number = str(uuid4().int % 10**10)
            answers[number] = await sign_in(crowd, number, person.password)

    url = harness.system.url
    async with (
        client_at(CROWD, url) as crowd,
        client_at(BYSTANDER, url) as other,
        asyncio.TaskGroup() as guessing,
    ):
        for _ in range(SIGNING_IN):
            guessing.create_task(keep_signing_in(crowd))
        await eventually(lambda: len(answers) >= SIGNING_IN)
        admitted = [
            await sign_in(other, person.document_number, person.password)
            for _ in range(SIGN_INS_OF_BYSTANDER)
        ]
        is_over.set()

    assert [answer.status_code for answer in admitted] == [201] * SIGN_INS_OF_BYSTANDER
    refused = {number: each for number, each in answers.items() if each.status_code != 401}
    assert {answer.status_code for answer in refused.values()} <= {429, 503}
    assert len(refused) >= SIGN_INS_OF_BYSTANDER
    for answer in refused.values():
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["Content-Type"] == PROBLEM
        assert answer.json()["status"] == answer.status_code
    await assert_answered_rightly_at_the_crowds_address(person, list(refused)[:3], url)


async def assert_answered_rightly_at_the_crowds_address(
    person: Person, refused: list[str], url: str
) -> None:
    """A refused attempt does not count, so its number is verified at once."""
    transport = httpx2.AsyncHTTPTransport(local_address=CROWD)

    async def status_of(client: GatewayClient, number: str, password: str) -> int:
        body = {"document_number": number, "password": password}
        try:
            return (await client.call("POST", SIGN_IN, json=body)).status
        except RequestRefused as answer:
            return answer.status

    async with GatewayClient(url, transport=transport) as client:
        assert await status_of(client, person.document_number, person.password) == 201
        assert await status_of(client, person.document_number, "an entirely wrong one") == 401
        assert [await status_of(client, n, person.password) for n in refused] == [401] * 3


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    problem: str


@pytest.fixture
def many_files() -> Iterator[None]:
    """Each connection is an open file of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 3 * SLOW_BODIES)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def send_slowly(port: int) -> Answer:
    """Send a header, then a byte of the body now and then, until the gateway answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(CROWD, 0))
    writer.write(
        b"PUT /onboarding/v1/me/employment HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n"
    )
    response = asyncio.ensure_future(read_answer(reader))
    try:
        while not response.done():
            writer.write(b" ")
            await asyncio.wait([response], timeout=0.5)
        return await response
    finally:
        response.cancel()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    status_line, _, rest = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
    headers = BytesHeaderParser().parsebytes(rest)
    assert headers["Content-Type"] == PROBLEM, status_line
    problem = json.loads(await reader.readexactly(int(headers["Content-Length"])))
    assert problem["status"] == int(status_line.split()[1])
    return Answer(problem["status"], problem["type"].rpartition(":")[2])


@pytest.mark.usefixtures("many_files")
async def test_slow_bodies_from_one_address_end_by_the_deadline_while_others_are_served(
    harness: SystemHarness,
) -> None:
    person, url = (await harness.activated_applicant()).person, harness.system.url
    port = urlsplit(url).port
    assert port is not None
    served: Counter[str] = Counter()

    async def is_served(client: httpx2.AsyncClient) -> None:
        """Sign in and read, each on a new connection."""
        admitted = await sign_in(client, person.document_number, person.password)
        assert admitted.status_code == 201
        headers = {"Authorization": f"Bearer {admitted.json()['access_token']}"}
        assert (await client.get(OWN_APPLICATION, headers=headers)).status_code == 200

    async with asyncio.timeout(2 * HANGING_SECONDS), asyncio.TaskGroup() as connections:
        slow = [connections.create_task(send_slowly(port)) for _ in range(SLOW_BODIES)]
        while not all(each.done() for each in slow):
            held = sum(not each.done() for each in slow)
            async with client_at(BYSTANDER, url) as other:
                await is_served(other)
            served["with the limit reached" if held == PLACES else "before or after"] += 1
    answers = Counter(each.result() for each in slow)

    assert served["with the limit reached"] > 0
    assert answers[Answer(408, "body-too-slow")] >= PLACES
    assert answers[Answer(429, "too-many-requests")] > 0
    assert answers.keys() == {Answer(408, "body-too-slow"), Answer(429, "too-many-requests")}
    async with client_at(CROWD, url) as crowd:
        await is_served(crowd)
