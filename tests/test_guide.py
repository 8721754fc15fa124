"""The calls in `docs/registering-a-person.md` are sent as documented and get these responses."""

import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import DocumentFile, required_files
from vinculo.simulation.inboxes import ActivationLink, SmsInbox
from vinculo.simulation.payers import Payer, check_digit
from vinculo.testing.waiting import eventually

from .guide_calls import Call, DiffersFromGuide, Values, steps
from .system_harness import SystemHarness

GUIDE = Path(__file__).parents[1] / "docs" / "registering-a-person.md"
CONFLICT = 409


class GuideRunner:
    """Executes the steps of the guide with an applicant, a mailbox and a phone."""

    def __init__(self, harness: SystemHarness, applicant: ApplicantClient, payer: Payer) -> None:
        person = applicant.person
        self._harness = harness
        self._applicant = applicant
        self._first_link: ActivationLink | None = None
        self._files = required_files(person, date(2026, 11, 1))
        self._values = Values(
            given={
                "document_number": person.document_number,
                "given_names": person.given_names,
                "surnames": person.surnames,
                "email": person.email,
                "phone": person.phone,
                "password": person.password,
                "payer_words": payer.name,
                "size": str(len(self._files[0].content)),
            }
        )
        self._actions_by_placeholder: dict[str, Callable[[], Awaitable[None]]] = {
            "registration_id": self._wait_for_first_mail,
            "link_id": self._open_newest_mail,
            "code": self._read_phone_code,
        }
        self._actions_by_comment: dict[str, Callable[[], Awaitable[None]]] = {
            "the other documents": self._upload_other_documents,
            "operations accept the documents": self._become_a_customer,
        }

    async def execute(self, step: Call | str, client: httpx2.AsyncClient) -> None:
        if isinstance(step, str):
            await self._actions_by_comment[step]()
            return
        self._values.known["random key"] = str(uuid4())
        for name in sorted(step.placeholders & self._actions_by_placeholder.keys()):
            await self._actions_by_placeholder[name]()
        request = self._request(step, client)

        self._compare(step, await self._response(step, request, client))

    async def _response(
        self, step: Call, request: httpx2.Request, client: httpx2.AsyncClient
    ) -> httpx2.Response:
        """Send the request, repeatedly while other services process events."""
        last: list[httpx2.Response] = []

        async def is_documented() -> bool:
            last[:] = [await client.send(request)]
            if step.method == "GET":
                self._compare(step, last[0])
            return last[0].status_code != CONFLICT or "Retry-After" not in last[0].headers

        with suppress(AssertionError):
            await eventually(is_documented, timeout=60)
        return last[0]

    def _request(self, step: Call, client: httpx2.AsyncClient) -> httpx2.Request:
        address = self._values.fill_address(step.address)
        headers = {name: self._values.fill(value) for name, value in step.headers.items()}
        if headers.get("Content-Type") != "multipart/form-data":
            json: Any = self._values.fill_json(step.body) if step.body else None
            return client.build_request(step.method, address, json=json, headers=headers)
        file = self._file_of(step.body)
        return client.build_request(
            step.method,
            address,
            data=self._values.known["fields"],
            files={"file": (file.name, file.content, file.media_type)},
        )

    def _file_of(self, body: str) -> DocumentFile:
        fields, file = body.split()
        assert fields == "<fields>"
        return next(each for each in self._files if file == f"file=<{each.kind}>")

    def _compare(self, step: Call, response: httpx2.Response) -> None:
        content_type = response.headers.get("Content-Type", "") if step.response else ""
        actual = (response.status_code, content_type)
        documented = (step.status, "application/json" if step.response else "")
        if step.status >= 400:
            documented = (step.status, "application/problem+json")
        if actual != documented:
            raise DiffersFromGuide(
                f"{step.name}: {actual} instead of {documented}: {response.text[:300]}"
            )
        if step.response:
            self._values.compare(step.response, response.json())

    async def _wait_for_first_mail(self) -> None:
        """A link that is replaced before it was sent is never sent."""
        self._first_link = await self._applicant.activation_link()

    async def _open_newest_mail(self) -> None:
        async def newest() -> ActivationLink | None:
            link = await self._applicant.activation_link()
            return None if link == self._first_link else link

        link = await eventually(newest, timeout=60)
        assert link is not None
        self._values.known |= {"link_id": str(link.link_id), "token": link.token}

    async def _read_phone_code(self) -> None:
        texts = SmsInbox.from_environment(self._harness.system.environment)
        self._values.known["code"] = await texts.wait_for_code(self._applicant.person.phone)

    async def _upload_other_documents(self) -> None:
        await self._applicant.sign_in()
        await self._applicant.upload_all(self._files[1:])
        await self._applicant.wait_for_application(documents="done")

    async def _become_a_customer(self) -> None:
        person_id = self._applicant.person_id
        await self._harness.operator.accept_dossier(person_id)
        await self._harness.operator.wait_for_status(person_id, "enabled")


async def test_every_call_of_the_guide_gets_the_documented_response(harness: SystemHarness) -> None:
    number = str(800_000_000 + secrets.randbelow(10**8))
    payer = Payer(name=f"Molinos {number}", tax_id=f"{number}-{check_digit(number)}")
    await harness.operator.register_payer(payer)
    applicant = harness.applicant(
        document_type="CC", document_number=str(1_800_000_000 + secrets.randbelow(90_000_000))
    )
    runner = GuideRunner(harness, applicant, payer)
    documented = list(steps(GUIDE.read_text(encoding="utf-8")))

    async with httpx2.AsyncClient(base_url=harness.gateway.url, timeout=60) as client:
        for step in documented:
            await runner.execute(step, client)

    assert len([step for step in documented if isinstance(step, Call)]) > 15


@pytest.mark.parametrize(
    ("documented", "actual"),
    [
        ('{"a": "x"}', {"a": "y"}),
        ('{"a": 1}', {"a": "1"}),
        ('{"a": 1}', {"a": True}),
        ('{"a": true}', {"a": False}),
        ('{"a": "<a>"}', {"a": 1, "b": 2}),
        ('{"a": 1, "b": 2}', {"a": 1}),
        ("[1]", [1, 2]),
        ('{"e_mail": "<e_mail>"}', {"e_mail": "another"}),
    ],
)
def test_a_response_that_differs_from_the_guide_is_detected(
    documented: str, actual: object
) -> None:
    with pytest.raises(DiffersFromGuide):
        Values(given={"e_mail": "me"}).compare(documented, actual)
