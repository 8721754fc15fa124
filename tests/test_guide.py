"""The guide in `docs/registering-a-person.md` is what happens: its calls are sent as they stand."""

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
from vinculo.testing.eventually import eventually

from .guide import Call, DiffersFromGuide, Values, steps
from .lender import Lender

GUIDE = Path(__file__).parents[1] / "docs" / "registering-a-person.md"
CONFLICT = 409


class Reader:
    """Follows the guide with an applicant, a mail box and a phone at hand."""

    def __init__(self, lender: Lender, applicant: ApplicantClient, payer: Payer) -> None:
        person = applicant.person
        self._lender = lender
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
        self._finds: dict[str, Callable[[], Awaitable[None]]] = {
            "registration_id": self._wait_for_the_first_mail,
            "link_id": self._open_the_newest_mail,
            "code": self._look_at_the_phone,
        }
        self._remarks: dict[str, Callable[[], Awaitable[None]]] = {
            "the other documents": self._upload_the_rest,
            "operations accept the documents": self._become_a_customer,
        }

    async def follow(self, step: Call | str, client: httpx2.AsyncClient) -> None:
        if isinstance(step, str):
            await self._remarks[step]()
            return
        self._values.known["random key"] = str(uuid4())
        for name in sorted(step.placeholders & self._finds.keys()):
            await self._finds[name]()
        request = self._request(step, client)

        self._compare(step, await self._answer(step, request, client))

    async def _answer(
        self, step: Call, request: httpx2.Request, client: httpx2.AsyncClient
    ) -> httpx2.Response:
        """What others tell by events is seen a moment later."""
        last: list[httpx2.Response] = []

        async def answered() -> bool:
            last[:] = [await client.send(request)]
            if step.method == "GET":
                self._compare(step, last[0])
            return last[0].status_code != CONFLICT or "Retry-After" not in last[0].headers

        with suppress(AssertionError):
            await eventually(answered, timeout=60)
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

    def _compare(self, step: Call, answer: httpx2.Response) -> None:
        came = (answer.status_code, answer.headers.get("Content-Type", "") if step.answer else "")
        said = (step.status, "application/json" if step.answer else "")
        if step.status >= 400:
            said = (step.status, "application/problem+json")
        if came != said:
            raise DiffersFromGuide(f"{step.name}: {came} instead of {said}: {answer.text[:300]}")
        if step.answer:
            self._values.compare(step.answer, answer.json())

    async def _wait_for_the_first_mail(self) -> None:
        """A link that is not sent yet when another one takes its place is never sent."""
        self._first_link = await self._applicant.activation_link()

    async def _open_the_newest_mail(self) -> None:
        async def newest() -> ActivationLink | None:
            link = await self._applicant.activation_link()
            return None if link == self._first_link else link

        link = await eventually(newest, timeout=60)
        assert link is not None
        self._values.known |= {"link_id": str(link.link_id), "token": link.token}

    async def _look_at_the_phone(self) -> None:
        texts = SmsInbox.from_environment(self._lender.system.environment)
        self._values.known["code"] = await texts.wait_for_code(self._applicant.person.phone)

    async def _upload_the_rest(self) -> None:
        await self._applicant.sign_in()
        await self._applicant.upload_all(self._files[1:])
        await self._applicant.wait_for_application(documents="done")

    async def _become_a_customer(self) -> None:
        person_id = self._applicant.person_id
        await self._lender.operator.accept_dossier(person_id)
        await self._lender.operator.wait_for_status(person_id, "enabled")


async def test_every_call_of_the_guide_is_answered_as_it_says(lender: Lender) -> None:
    number = str(800_000_000 + secrets.randbelow(10**8))
    payer = Payer(name=f"Molinos {number}", tax_id=f"{number}-{check_digit(number)}")
    await lender.operator.register_payer(payer)
    applicant = lender.applicant(
        document_type="CC", document_number=str(1_800_000_000 + secrets.randbelow(90_000_000))
    )
    reader = Reader(lender, applicant, payer)
    followed = list(steps(GUIDE.read_text(encoding="utf-8")))

    async with httpx2.AsyncClient(base_url=lender.gateway.url, timeout=60) as client:
        for step in followed:
            await reader.follow(step, client)

    assert len([step for step in followed if isinstance(step, Call)]) > 15


@pytest.mark.parametrize(
    ("said", "came"),
    [
        ('{"a": "x"}', {"a": "y"}),
        ('{"a": 1}', {"a": "1"}),
        ('{"a": 1}', {"a": True}),
        ('{"a": true}', {"a": False}),
        ('{"a": "<a>"}', {"a": 1, "b": 2}),
        ('{"a": 1, "b": 2}', {"a": 1}),
        ("[1]", [1, 2]),
        ('{"e_mail": "<e_mail>"}', {"e_mail": "someone else"}),
    ],
)
def test_an_answer_that_is_not_as_the_guide_says_is_noticed(said: str, came: object) -> None:
    with pytest.raises(DiffersFromGuide):
        Values(given={"e_mail": "me"}).compare(said, came)
