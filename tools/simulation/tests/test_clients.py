"""The clients that drive a system, against answers made up here."""

import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from vinculo.simulation.applicant import Applicant
from vinculo.simulation.conditions import NotSoInTime
from vinculo.simulation.gateway import Gateway, Refused
from vinculo.simulation.mails import MailBox, MailFolder, Mailpit, NoMailBox
from vinculo.simulation.operations import Operator
from vinculo.simulation.outcomes import Outcomes, Shown, differences, statuses_of
from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people

ANA = make_people(1, seed=1, payers=payers())[0]
PERSON_ID = uuid4()
LINK_ID = uuid4()


class System:
    """Answers by method and path, the last answer for ever; keeps what was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], list[httpx2.Response]] = {}
        self.asked: list[httpx2.Request] = []

    def says(
        self,
        asked: str,
        status: int,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> "System":
        method, path = asked.split()
        answer = httpx2.Response(status, json=body, headers=headers)
        self.answers.setdefault((method, path), []).append(answer)
        return self

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answers = self.answers[request.method, request.url.path]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def gateway(self, url: str = "http://system", **changed: Any) -> Gateway:
        return Gateway(url, transport=httpx2.MockTransport(self.answer), **changed)

    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]


def problem(slug: str) -> dict[str, Any]:
    return {"type": f"urn:vinculo:problem:{slug}", "title": "No", "status": 400}


def mail(folder: Path, to: str, text: str, number: int = 1) -> None:
    message = EmailMessage()
    message["Subject"] = "Hola"
    message["X-Envelope-To"] = to
    message.set_content(text)
    (folder / f"{number}-x.eml").write_bytes(message.as_bytes())


async def test_a_refusal_tells_which_problem_it_is() -> None:
    system = System().says(
        "POST /x",
        422,
        {**problem("request-invalid"), "errors": [{"field": "phone", "code": "phone_malformed"}]},
    )

    async with system.gateway() as gateway:
        with pytest.raises(Refused, match="phone: phone_malformed") as refused:
            await gateway.call("POST", "/x")

    assert (refused.value.status, refused.value.slug) == (422, "request-invalid")


@pytest.mark.parametrize("status", [409, 429, 503])
async def test_a_system_that_asks_to_come_back_is_asked_again(status: int) -> None:
    system = System().says("GET /x", status, problem("busy"), {"Retry-After": "0"})
    system.says("GET /x", 200, {"all": "well"})

    async with system.gateway() as gateway:
        answer = await gateway.call("GET", "/x")

    assert answer.body == {"all": "well"}
    assert len(system.asked) == 2


async def test_patience_has_an_end() -> None:
    system = System().says("GET /x", 503, problem("busy"), {"Retry-After": "0"})

    async with system.gateway(patience_seconds=0) as gateway:
        with pytest.raises(Refused, match="503"):
            await gateway.call("GET", "/x")


async def test_a_broken_connection_is_no_reason_to_do_a_thing_twice() -> None:
    asked: list[str] = []

    def breaks(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.method)
        if len(asked) == 1:
            raise httpx2.ConnectError("gone")
        return httpx2.Response(200, json={})

    async with Gateway("http://system", transport=httpx2.MockTransport(breaks)) as gateway:
        with pytest.raises(httpx2.ConnectError):
            await gateway.call("POST", "/x")
        asked.clear()
        await gateway.call("POST", "/x", headers={"Idempotency-Key": "one"})

    assert asked == ["POST", "POST"]


async def test_links_of_the_public_address_are_followed_to_where_the_system_is() -> None:
    system = System().says("POST /documents", 204).says("GET /file", 200, {})

    async with system.gateway("http://inside:1", public_url="http://outside:8080") as gateway:
        await gateway.upload("http://outside:8080/documents", {"key": "k"}, "a.pdf", b"%PDF", "x/y")
        await gateway.download("http://outside:8080/file?token=1")

    for request in system.asked:
        assert request.url.host == "inside"
        assert request.headers["Host"] == "outside:8080"
    assert b'name="key"' in system.asked[0].content
    assert b'filename="a.pdf"' in system.asked[0].content


async def test_an_applicant_registers_activates_and_signs_in(tmp_path: Path) -> None:
    session = {"access_token": "token", "person_id": str(PERSON_ID)}
    texts = [
        {"purpose": "personal_data", "text_version": "1", "required": True},
        {"purpose": "marketing", "text_version": "1", "required": False},
    ]
    system = System().says("GET /onboarding/v1/consent-texts", 200, {"items": texts})
    system.says("POST /onboarding/v1/registrations", 202, {"registration_id": str(uuid4())})
    system.says("POST /onboarding/v1/activations", 200, session)
    system.says("POST /onboarding/v1/sessions", 201, session)
    mail(tmp_path, ANA.email, f"abra http://system/activate#{LINK_ID}.to-ken_1 ya")

    async with system.gateway() as gateway:
        ana = Applicant(gateway, MailBox(MailFolder(tmp_path)), ANA)
        await ana.register()
        assert await ana.activate() == PERSON_ID
        await ana.sign_in()

    registered, activated, signed_in = (json.loads(each.content) for each in system.asked[1:])
    assert registered["document_number"] == ANA.document_number
    assert {each["purpose"] for each in registered["consents"]} >= {"personal_data"}
    assert activated == {"link_id": str(LINK_ID), "token": "to-ken_1"}
    assert signed_in == {"document_number": ANA.document_number, "password": ANA.password}


async def test_completing_waits_until_the_documents_count(tmp_path: Path) -> None:
    system = System().says(
        "POST /onboarding/v1/sessions", 201, {"access_token": "t", "person_id": str(PERSON_ID)}
    )
    for state in ("missing", "done"):
        body = {"status": "pending", "steps": {"documents": state}}
        system.says("GET /onboarding/v1/me/application", 200, body)
    system.says("POST /onboarding/v1/me/completion", 200, {"message": "Registro exitoso."})

    async with system.gateway() as gateway:
        ana = Applicant(gateway, MailBox(MailFolder(tmp_path)), ANA)
        await ana.sign_in()
        message = await ana.complete()

    assert message == "Registro exitoso."
    assert system.paths().count("/onboarding/v1/me/application") == 2


async def test_an_operator_signs_in_again_when_the_token_has_run_out() -> None:
    system = System().says("POST /onboarding/v1/sessions", 201, {"access_token": "t"})
    system.says("GET /query/v1/totals", 200, {"by_status": {}})
    system.says("GET /query/v1/totals", 401, problem("token-invalid"))
    system.says("GET /query/v1/totals", 200, {"by_status": {}})

    async with system.gateway() as gateway:
        operator = Operator(gateway, "operator@staff.example", "password")
        await operator.totals()
        await operator.totals()

    assert system.paths().count("/onboarding/v1/sessions") == 2


async def test_a_change_is_sent_with_the_version_that_was_read_and_read_again_when_it_moved() -> (
    None
):
    path = f"/registry/v1/people/{PERSON_ID}"
    system = System().says("POST /onboarding/v1/sessions", 201, {"access_token": "t"})
    for version in ('W/"3"', 'W/"4"'):
        system.says(f"GET {path}", 200, {}, {"ETag": version})
    system.says(f"POST {path}/status-changes", 412, problem("stream-changed"))
    system.says(f"POST {path}/status-changes", 201, {"status": "blocked", "version": 5})

    async with system.gateway() as gateway:
        operator = Operator(gateway, "operator@staff.example", "password")
        answer = await operator.block(PERSON_ID)

    sent = [request for request in system.asked if request.url.path.endswith("status-changes")]
    assert [request.headers["If-Match"] for request in sent] == ['W/"3"', 'W/"4"']
    assert answer["status"] == "blocked"


async def test_an_operator_accepts_what_waits_and_leaves_the_rest() -> None:
    documents = [
        {"document_id": str(UUID(int=1)), "kind": "payslip", "state": "screened"},
        {"document_id": str(UUID(int=2)), "kind": "payslip", "state": "superseded"},
        {"document_id": str(UUID(int=3)), "kind": "identity_card_front", "state": "screened"},
    ]
    system = System().says("POST /onboarding/v1/sessions", 201, {"access_token": "t"})
    system.says(f"GET /documents/v1/people/{PERSON_ID}/dossier", 200, {"documents": documents})
    system.says(f"POST /documents/v1/documents/{UUID(int=3)}/acceptance", 200, {})

    async with system.gateway() as gateway:
        operator = Operator(gateway, "operator@staff.example", "password")
        await operator.accept_dossier(PERSON_ID, except_kinds=["payslip"])

    assert system.paths()[-1].endswith(f"{UUID(int=3)}/acceptance")


async def test_the_newest_link_to_a_person_is_taken(tmp_path: Path) -> None:
    other, newest = uuid4(), uuid4()
    mail(tmp_path, "luz@correo.example", f"/activate#{other}.x", 1)
    mail(tmp_path, "ana@correo.example", f"/activate#{uuid4()}.old", 2)
    mails = MailBox(MailFolder(tmp_path), patience_seconds=0)

    await mails.wait_for_link("ANA@correo.example")
    mail(tmp_path, "ana@correo.example", f"/activate#{newest}.new", 3)
    mail(tmp_path, "ana@correo.example", "no link", 4)

    assert (await mails.wait_for_link("ana@correo.example")).link_id == newest
    assert len(await mails.all("ana@correo.example")) == 3
    with pytest.raises(NotSoInTime, match="nobody"):
        await mails.wait_for("nobody@correo.example")


def test_without_knowing_where_mails_are_there_is_no_mail_box() -> None:
    with pytest.raises(NoMailBox, match="VINCULO_MAIL_DIR"):
        MailBox.of({})


@pytest.mark.parametrize(
    ("now", "with_loans", "missing"),
    [
        ({"customer": {"enabled": 3}}, 5, {}),
        ({"customer": {"enabled": 2}}, 5, {"customer enabled": "1/2"}),
        ({"customer": {"enabled": 3, "blocked": 1}}, 5, {"customer blocked": "1/0"}),
        ({"customer": {"enabled": 3}}, 4, {"with active loans": "0/1"}),
    ],
)
def test_what_the_lists_do_not_show_yet_is_named(
    now: dict[str, dict[str, int]], with_loans: int, missing: dict[str, str]
) -> None:
    before = Shown(people=statuses_of({"by_status": {"customer": {"enabled": 1}}}), with_loans=4)
    seen = Shown(people=statuses_of({"by_status": now}), with_loans=with_loans)
    wanted = Outcomes(with_loans=1)
    wanted.stands("customer", "enabled")
    wanted.stands("customer", "enabled")

    assert differences(before, seen, wanted) == missing


async def test_the_containers_mail_server_is_read_by_its_interface() -> None:
    system = System().says(
        "GET /api/v1/search",
        200,
        {"messages": [{"ID": "b", "Subject": "Second"}, {"ID": "a", "Subject": "First"}]},
    )
    system.says("GET /api/v1/message/a", 200, {"Text": f"/activate#{LINK_ID}.token"})
    system.says("GET /api/v1/message/b", 200, {"Text": "no link"})
    mailpit = Mailpit("http://mailpit", httpx2.MockTransport(system.answer))

    link = await MailBox(mailpit).wait_for_link("ana@correo.example")

    assert link.link_id == LINK_ID
    assert [mail.subject for mail in await mailpit.to("ana@correo.example")] == ["First", "Second"]
    assert system.asked[0].url.params["query"] == 'to:"ana@correo.example"'
