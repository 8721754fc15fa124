"""Personal data and secrets appear in logs, metrics, topics and tables only encrypted."""

import re
import secrets
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from vinculo.contracts import topics
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.simulation.inboxes import Mail, SmsInbox
from vinculo.testing.waiting import eventually

from .canaries import Canaries, Sighting
from .leak_sources import logs_of, metrics_of, tables_of, topics_of
from .system_harness import SystemHarness, cloud_event_headers, json_value

PHONE_CODES = "/onboarding/v1/me/phone-codes"
PLANTED = "a planted canary Ñ"


async def test_the_data_of_a_person_is_nowhere_in_plain_text(harness: SystemHarness) -> None:
    applicant = canary_applicant(harness)
    secrets_used = await become_a_customer(harness, applicant)
    await cause_rejections(harness, applicant)
    poison = await publish_unreadable_events(harness, applicant.person_id)
    canaries = Canaries({**personal_values(applicant), **secrets_used, "poison": poison})

    at_rest = await topics_of(harness.system)
    assert canaries.seen_in(logs_of(harness.system)) == set()
    assert canaries.seen_in(await metrics_of(harness.system)) == set()
    assert canaries.seen_in(at_rest.keys_and_headers) == set()
    assert {seen.canary for seen in canaries.seen_in(at_rest.values)} == {"poison"}
    assert canaries.seen_in(await tables_of(harness.system)) == set()


async def test_a_planted_canary_is_found_in_every_source(harness: SystemHarness) -> None:
    canaries = Canaries({"planted": PLANTED})
    subject = uuid4()
    await harness.publish_raw(
        topics.NOTIFICATIONS_MESSAGES,
        headers("notifications.message-sent.v1", "message", subject) | {"note": PLANTED},
        json_value(
            message_id=str(subject),
            template="activation",
            attempts=1,
            sent_at="2026-11-02T14:05:11.300000Z",
            note=PLANTED,
        ),
        subject=subject,
    )
    log = harness.system.log_path("planted")
    log.write_text(f'{{"note": "{PLANTED}"}}\n', encoding="utf-8")

    try:
        assert [each.source for each in canaries.seen_in(logs_of(harness.system))] == [
            "planted.log"
        ]
    finally:
        log.unlink()
    at_rest = await topics_of(harness.system)
    (header,) = canaries.seen_in(at_rest.keys_and_headers)
    (value,) = canaries.seen_in(at_rest.values)
    assert header.source == f"{value.source} note"
    known = Canaries({"person": str((await harness.activated_applicant()).person_id)})
    assert known.seen_in(await tables_of(harness.system)) != set()
    counted = Canaries({"route": "/onboarding/v1/activations"})
    assert counted.seen_in(await metrics_of(harness.system)) == {
        Sighting("route", "onboarding-api /metrics")
    }


def canary_applicant(harness: SystemHarness) -> ApplicantClient:
    """A person with unique data that does not occur by chance."""
    mark = secrets.token_hex(4)
    person = harness.applicant().person
    employment = replace(
        person.employment,
        position=f"Afinadora de xilófonos {mark}",
        net_monthly_salary_cents=7_345_192_617,
        deductions=((f"Embargo xilofonista {mark}", 1_234_567_891),),
        contact_name=f"Quiribambá Ñequetá {mark}",
    )
    return harness.applicant(
        document_type="CC",
        document_number=str(1_900_000_000 + secrets.randbelow(90_000_000)),
        given_names="Zoraquiela Ñandubaya",
        surnames="O'Xuléndez Quimbayo-Ürresta",
        email=f"canario.{mark}@correo.example",
        phone=f"+57311{secrets.randbelow(9_000_000) + 1_000_000}",
        password=f"el canario {mark} afina xilófonos",
        wants_marketing=True,
        employment=employment,
    )


def personal_values(applicant: ApplicantClient) -> dict[str, str]:
    person, work = applicant.person, applicant.person.employment
    return {
        "document number": person.document_number,
        "given names": person.given_names,
        "first given name": person.given_names.split()[0],
        "surnames": person.surnames,
        "e-mail": person.email,
        "phone": person.phone,
        "national phone": person.phone.removeprefix("+57"),
        "password": person.password,
        "position": work.position,
        "salary": str(work.net_monthly_salary_cents),
        "deduction": work.deductions[0][0],
        "deducted": str(work.deductions[0][1]),
        "payer contact": work.contact_name,
    }


async def become_a_customer(harness: SystemHarness, applicant: ApplicantClient) -> dict[str, str]:
    """All steps, a phone verification and searches for the person; the secrets used, by name."""
    await applicant.register()
    link = await applicant.activation_link()
    activated = await open_session(
        harness,
        "activations",
        link_id=str(link.link_id),
        token=link.token,
        password=applicant.person.password,
    )
    refreshed = await open_session(
        harness, "sessions/refresh", refresh_token=activated["refresh_token"]
    )
    await applicant.sign_in()
    code = await verify_phone(harness, applicant)
    mailed = await use_mailed_links(harness, applicant)
    await harness.complete_steps(applicant)
    await harness.operator.accept_dossier(applicant.person_id)
    await harness.operator.wait_for_status(applicant.person_id, "enabled")
    await harness.wait_for_row("customers", applicant, status="enabled")
    for search in (applicant.person.name, applicant.person.email, applicant.person.document_number):
        await harness.operator.rows("customers", q=search)
    return {
        "activation token": link.token,
        "access token": activated["access_token"],
        "refresh token": activated["refresh_token"],
        "next access token": refreshed["access_token"],
        "next refresh token": refreshed["refresh_token"],
        "applicant's access token": applicant.token,
        "phone code": code,
        **mailed,
    }


async def verify_phone(harness: SystemHarness, applicant: ApplicantClient) -> str:
    """Enter a wrong code, then the right one, because rejections are logged too; the code."""
    await applicant.call("POST", PHONE_CODES, idempotency_key=str(uuid4()))
    code = await SmsInbox.from_environment(harness.system.environment).wait_for_code(
        applicant.person.phone
    )
    with pytest.raises(RequestRefused):
        await applicant.call("POST", f"{PHONE_CODES}/confirmation", json={"code": code[::-1] + "0"})
    await applicant.call("POST", f"{PHONE_CODES}/confirmation", json={"code": code})
    return code


async def use_mailed_links(harness: SystemHarness, applicant: ApplicantClient) -> dict[str, str]:
    """Change the address, and try a new password that is too weak; address and tokens."""
    person, address = applicant.person, f"otro.{applicant.person.email}"
    body = {"email": address, "password": person.password}
    await applicant.call("PUT", "/onboarding/v1/me/contact", json=body)
    change_id, change = link_in("confirm-contact", await harness.mailbox.wait_for(address))
    await harness.gateway.call(
        "POST",
        "/onboarding/v1/contact-changes/confirmation",
        json={"change_id": change_id, "token": change},
    )
    await harness.gateway.call(
        "POST",
        "/onboarding/v1/password-resets",
        json={"document_number": person.document_number},
    )
    mail = await harness.mailbox.wait_for(address, subject_contains="contraseña nueva")
    link_id, reset = link_in("reset-password", mail)
    with pytest.raises(RequestRefused):
        await harness.gateway.call(
            "POST",
            "/onboarding/v1/password-resets/confirmation",
            json={"link_id": link_id, "token": reset, "password": "corta"},
        )
    return {"new address": address, "change token": change, "reset token": reset}


def link_in(page: str, mail: Mail) -> tuple[str, str]:
    found = re.search(rf"/{page}#([0-9a-f-]{{36}})\.([A-Za-z0-9_-]+)", mail.text)
    assert found is not None
    return found[1], found[2]


async def open_session(harness: SystemHarness, path: str, **body: str) -> dict[str, Any]:
    response = await harness.gateway.call("POST", f"/onboarding/v1/{path}", json=body)
    return dict(response.body)


async def cause_rejections(harness: SystemHarness, applicant: ApplicantClient) -> None:
    """Rejections are logged: a wrong password, invalid forms, a second registration."""
    with pytest.raises(RequestRefused):
        await applicant.sign_in(password=f"{applicant.person.password}!")
    person = applicant.person
    with pytest.raises(RequestRefused):
        await applicant.register(given_names=person.email * 20, phone=person.surnames)
    with pytest.raises(RequestRefused):
        await applicant.register(**{person.email: person.password})
    await applicant.register()
    with pytest.raises(RequestRefused):
        await harness.gateway.call(
            "PUT",
            "/onboarding/v1/me/employment",
            token=applicant.token,
            json={"payer_id": person.email, "position": person.employment.position},
        )
    with pytest.raises(RequestRefused):
        await harness.gateway.call(
            "GET", "/onboarding/v1/me/application", token=f"{applicant.token}x"
        )


async def publish_unreadable_events(harness: SystemHarness, person_id: UUID) -> str:
    """Publish events with a text in place of their data and discard the dead letters; the text."""
    text = f"a poisonous canary {secrets.token_hex(4)}"
    unreadable = json_value(loan_id=text, reported_at=text, personal=text, outstanding_cents=text)
    sent = headers("credit.loan-reported.v1", "loan", person_id)
    sent["ce_source"] = "/demo-credit-system/loans"
    await harness.publish_raw(topics.CREDIT_LOANS, sent, unreadable, subject=person_id)
    service = "customer_registry"

    async def dead_letters() -> list[str]:
        lines = (await harness.run_command(service, "dead-letters", "list")).splitlines()
        assert all(text not in line for line in lines)
        return [line.split("\t")[0] for line in lines if topics.CREDIT_LOANS in line]

    for position in await eventually(dead_letters, timeout=60):
        await harness.run_command(
            service, "dead-letters", "discard", position, "--reason", "of a test"
        )
    return text


def headers(event_type: str, category: str, subject: UUID) -> dict[str, str]:
    return cloud_event_headers(
        event_type=f"vinculo.{event_type}",
        source="/journeys",
        stream_id=f"{category}-{uuid4()}",
        version=1,
        subject=subject,
    )
