"""The requests of an applicant."""

import json
from datetime import date
from pathlib import Path
from uuid import uuid4

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import required_files
from vinculo.simulation.inboxes import Mailbox, MailFolder

from .stub_system import ANA, StubSystem, store_mail

PERSON_ID = uuid4()
LINK_ID = uuid4()


async def test_an_applicant_registers_activates_and_signs_in(tmp_path: Path) -> None:
    session = {"access_token": "token", "person_id": str(PERSON_ID)}
    texts = [
        {"purpose": "personal_data", "text_version": "1", "required": True},
        {"purpose": "marketing", "text_version": "1", "required": False},
    ]
    system = StubSystem().on("GET /onboarding/v1/consent-texts", 200, {"items": texts})
    system.on("POST /onboarding/v1/registrations", 202, {"registration_id": str(uuid4())})
    system.on("POST /onboarding/v1/activations", 200, session)
    system.on("POST /onboarding/v1/sessions", 201, session)
    store_mail(tmp_path, ANA.email, f"abra http://system/activate#{LINK_ID}.to-ken_1 ya")

    async with system.gateway() as gateway:
        ana = ApplicantClient(gateway, Mailbox(MailFolder(tmp_path)), ANA)
        await ana.register()
        assert await ana.activate() == PERSON_ID
        await ana.sign_in()

    registered, activated, signed_in = (json.loads(each.content) for each in system.requests[1:])
    assert registered["document_number"] == ANA.document_number
    assert {each["purpose"] for each in registered["consents"]} >= {"personal_data"}
    assert activated == {
        "link_id": str(LINK_ID),
        "token": "to-ken_1",
        "password": ANA.password,
    }
    assert signed_in == {"document_number": ANA.document_number, "password": ANA.password}


async def test_completing_waits_for_the_documents_step(tmp_path: Path) -> None:
    system = StubSystem().on(
        "POST /onboarding/v1/sessions", 201, {"access_token": "t", "person_id": str(PERSON_ID)}
    )
    for state in ("missing", "done"):
        body = {"status": "pending", "steps": {"documents": state}}
        system.on("GET /onboarding/v1/me/application", 200, body)
    system.on("POST /onboarding/v1/me/completion", 200, {"message": "Registro exitoso."})

    async with system.gateway() as gateway:
        ana = ApplicantClient(gateway, Mailbox(MailFolder(tmp_path)), ANA)
        await ana.sign_in()
        message = await ana.complete()

    assert message == "Registro exitoso."
    assert system.paths().count("/onboarding/v1/me/application") == 2


async def test_an_upload_ends_with_the_result_of_the_screening(tmp_path: Path) -> None:
    upload_id = str(uuid4())
    path = f"/documents/v1/me/uploads/{upload_id}"
    form = {"upload_id": upload_id, "url": "http://system/documents/", "fields": {"key": "k"}}
    system = StubSystem().on(
        "POST /onboarding/v1/sessions", 201, {"access_token": "t", "person_id": str(PERSON_ID)}
    )
    system.on("POST /documents/v1/me/uploads", 201, form).on("POST /documents/", 204, {})
    system.on(f"POST {path}/completion", 202, {"document_id": upload_id, "state": "received"})
    refused = {"document_id": upload_id, "state": "failed", "reason": "damaged"}
    for body in ({"document_id": upload_id, "state": "received"}, refused):
        system.on(f"GET {path}", 200, body)
    file = required_files(ANA, date(2026, 11, 1))[0]

    async with system.gateway() as gateway:
        ana = ApplicantClient(gateway, Mailbox(MailFolder(tmp_path)), ANA)
        await ana.sign_in()
        result = await ana.upload(file)

    assert result == refused
    assert system.paths().count(path) == 2
