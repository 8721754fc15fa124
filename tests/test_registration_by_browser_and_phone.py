"""From registration to customer: in a browser in Spanish, and on two phones in English."""

import secrets
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.inboxes import SmsInbox
from vinculo.simulation.payers import check_digit
from vinculo.testing.waiting import eventually

from .devices import COOKIE, Browser, Device, Phone
from .system_harness import SystemHarness

SESSIONS = "/onboarding/v1/sessions"
REFRESH = "/onboarding/v1/sessions/refresh"


async def test_registration_in_a_browser_with_a_proposed_payer(
    harness: SystemHarness,
) -> None:
    applicant = harness.applicant(channel="web")
    async with httpx2.AsyncClient(base_url=harness.gateway.url, timeout=60) as client:
        browser = Browser(client=client, language="es", origin=harness.system.url)
        await applicant.register()
        link = await applicant.activation_link()
        used = {
            "link_id": str(link.link_id),
            "token": link.token,
            "password": applicant.person.password,
            "refresh": "cookie",
        }
        await browser.open("/onboarding/v1/activations", **used)
        spent = browser.cookie
        await browser.open(REFRESH)
        assert browser.cookie != spent
        elsewhere = await client.post(
            REFRESH,
            headers={"Cookie": f"{COOKIE}={browser.cookie}", "Origin": "https://elsewhere.example"},
        )
        assert elsewhere.status_code == 403

        await verify_phone(harness, browser, applicant)
        payer_id = await propose_payer(browser, applicant)
        assert await next_step(browser) == "documents"
        await upload_documents(applicant)
        completed = await browser.call("POST", "/onboarding/v1/me/completion")
        assert completed.json()["message"].startswith("Registro exitoso.")

        await accept_payer(harness, payer_id)
        shown = await become_a_customer(harness, browser, applicant)
        assert shown["message"].startswith("Registro exitoso.")
        assert shown["phone_verified"] is True
        credit_url = harness.system.environment["ONBOARDING_CREDIT_URL"]
        assert shown["credit"] == {"may_apply": True, "apply_url": credit_url}
        assert shown["employment"]["payer"]["status"] == "active"
        registration = await harness.wait_for_row("registrations", applicant, status="enabled")
        assert registration["payer"] == shown["employment"]["payer"]["name"]


async def test_registration_continues_on_another_phone(harness: SystemHarness) -> None:
    applicant = harness.applicant(channel="mobile", locale="en", wants_marketing=False)
    payer_id = harness.payer_ids[applicant.person.employment.payer.name]
    async with httpx2.AsyncClient(base_url=harness.gateway.url, timeout=60) as client:
        lost, new = Phone(client=client, language="en"), Phone(client=client, language="en")
        await applicant.register()
        link = await applicant.activation_link()
        used = {
            "link_id": str(link.link_id),
            "token": link.token,
            "password": applicant.person.password,
        }
        opened = await lost.open("/onboarding/v1/activations", **used)
        employment = await lost.call(
            "PUT", "/onboarding/v1/me/employment", json=employment_of(applicant, payer_id=payer_id)
        )
        assert employment.status_code == 200

        person = applicant.person
        resumed = await new.open(
            SESSIONS, document_number=person.document_number, password=person.password
        )
        assert resumed["person_id"] == opened["person_id"]
        spent = new.refresh_token
        await new.open(REFRESH, refresh_token=spent)
        assert new.refresh_token != spent
        assert await next_step(new) == "documents"
        await verify_phone(harness, new, applicant)
        await upload_documents(applicant)
        completed = await new.call("POST", "/onboarding/v1/me/completion")
        assert completed.json()["message"].startswith("Registration successful.")

        shown = await become_a_customer(harness, new, applicant)
        assert shown["message"].startswith("Registration successful.")
        assert [each["purpose"] for each in shown["consents"]] == ["personal_data"]

        await lost.open(REFRESH, refresh_token=lost.refresh_token)
        assert (await new.call("DELETE", SESSIONS)).status_code == 204
        for phone in (lost, new):
            with pytest.raises(httpx2.HTTPStatusError) as ended:
                await phone.open(REFRESH, refresh_token=phone.refresh_token)
            assert ended.value.response.status_code == 401


async def verify_phone(harness: SystemHarness, device: Device, applicant: ApplicantClient) -> None:
    sent = await device.call("POST", "/onboarding/v1/me/phone-codes")
    assert sent.status_code == 202
    texts = SmsInbox.from_environment(harness.system.environment)
    code = await texts.wait_for_code(applicant.person.phone)
    wrong = await device.call(
        "POST",
        "/onboarding/v1/me/phone-codes/confirmation",
        json={"code": "000000" if code != "000000" else "111111"},
    )
    assert 400 <= wrong.status_code < 500
    right = await device.call(
        "POST", "/onboarding/v1/me/phone-codes/confirmation", json={"code": code}
    )
    assert right.status_code == 204


async def propose_payer(device: Device, applicant: ApplicantClient) -> str:
    """Search without result and propose the payer; its id."""
    name = f"Trapiche {secrets.token_hex(4)} S.A.S."
    found = await device.call("GET", "/onboarding/v1/payers", params={"q": name})
    assert found.json()["items"] == []
    declared = await device.call(
        "PUT",
        "/onboarding/v1/me/employment",
        json=employment_of(applicant, payer={"name": name}),
    )
    assert declared.status_code == 200, declared.text
    payer = (await own_view(device))["employment"]["payer"]
    assert (payer["name"], payer["status"]) == (name, "proposed")
    return str(payer["payer_id"])


def employment_of(applicant: ApplicantClient, **payer: Any) -> dict[str, Any]:
    work = applicant.person.employment
    named = {name: str(value) if name == "payer_id" else value for name, value in payer.items()}
    return {
        **named,
        "position": work.position,
        "contract_type": work.contract_type,
        "currency": "COP",
        "net_monthly_salary_cents": work.net_monthly_salary_cents,
        "deductions": [],
        "payer_contact": {"name": work.contact_name, "phone": work.contact_phone},
    }


async def accept_payer(harness: SystemHarness, payer_id: str) -> None:
    """Read the proposed payer, complete it and accept this version."""
    path = f"/onboarding/v1/payers/{payer_id}"
    proposed = await harness.operator.call("GET", path)
    number = str(800_000_000 + secrets.randbelow(10**8))
    await harness.operator.call(
        "POST",
        f"{path}/acceptance",
        json={"name": proposed.body["name"], "tax_id": f"{number}-{check_digit(number)}"},
        headers={"If-Match": proposed.headers["ETag"], "Idempotency-Key": str(uuid4())},
    )


async def upload_documents(applicant: ApplicantClient) -> None:
    await applicant.sign_in()
    await applicant.upload_all()
    await applicant.wait_for_application(documents="done")


async def become_a_customer(
    harness: SystemHarness, device: Device, applicant: ApplicantClient
) -> dict[str, Any]:
    await harness.operator.accept_dossier(applicant.person_id)

    async def enabled() -> dict[str, Any]:
        shown = await own_view(device)
        return shown if shown["credit"]["may_apply"] else {}

    return await eventually(enabled, timeout=60)


async def own_view(device: Device) -> dict[str, Any]:
    response = await device.call("GET", "/onboarding/v1/me/application")
    response.raise_for_status()
    return dict(response.json())


async def next_step(device: Device) -> str:
    return str((await own_view(device))["next"])
