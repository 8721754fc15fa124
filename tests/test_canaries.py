"""Nothing personal and nothing secret is written down where it is not sealed."""

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
from vinculo.testing.eventually import eventually

from .canaries import Canaries, Sighting
from .lender import Lender, cloud_event, value_of
from .places import logs_of, metrics_of, tables_of, topics_of

PHONE_CODES = "/onboarding/v1/me/phone-codes"
PLANTED = "a canary that was planted Ñ"


async def test_what_a_person_gave_is_found_nowhere_in_clear(lender: Lender) -> None:
    applicant = canary_of(lender)
    told = await the_whole_way(lender, applicant)
    await what_goes_wrong(lender, applicant)
    poisoned = await poison(lender, applicant.person_id)
    canaries = Canaries({**given(applicant), **told, "poison": poisoned})

    at_rest = await topics_of(lender.system)
    assert canaries.seen_in(logs_of(lender.system)) == set()
    assert canaries.seen_in(await metrics_of(lender.system)) == set()
    assert canaries.seen_in(at_rest.keys_and_headers) == set()
    assert {seen.canary for seen in canaries.seen_in(at_rest.values)} == {"poison"}
    assert canaries.seen_in(await tables_of(lender.system)) == set()


async def test_a_planted_canary_is_found_everywhere(lender: Lender) -> None:
    canaries = Canaries({"planted": PLANTED})
    subject = uuid4()
    await lender.publish(
        topics.NOTIFICATIONS_MESSAGES,
        headers("notifications.message-noted.v1", "message", subject) | {"note": PLANTED},
        value_of(note=PLANTED),
        subject=subject,
    )
    log = lender.system.log_path("planted")
    log.write_text(f'{{"note": "{PLANTED}"}}\n', encoding="utf-8")

    try:
        assert [each.place for each in canaries.seen_in(logs_of(lender.system))] == ["planted.log"]
    finally:
        log.unlink()
    at_rest = await topics_of(lender.system)
    (header,) = canaries.seen_in(at_rest.keys_and_headers)
    (value,) = canaries.seen_in(at_rest.values)
    assert header.place == f"{value.place} note"
    known = Canaries({"person": str((await lender.activated()).person_id)})
    assert known.seen_in(await tables_of(lender.system)) != set()
    counted = Canaries({"route": "/onboarding/v1/activations"})
    assert counted.seen_in(await metrics_of(lender.system)) == {
        Sighting("route", "onboarding-api /metrics")
    }


def canary_of(lender: Lender) -> ApplicantClient:
    """Somebody none of whose data anyone else has, nor would be found by chance."""
    mark = secrets.token_hex(4)
    person = lender.applicant().person
    employment = replace(
        person.employment,
        position=f"Afinadora de xilófonos {mark}",
        net_monthly_salary_cents=7_345_192_617,
        deductions=((f"Embargo xilofonista {mark}", 1_234_567_891),),
        contact_name=f"Quiribambá Ñequetá {mark}",
    )
    return lender.applicant(
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


def given(applicant: ApplicantClient) -> dict[str, str]:
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


async def the_whole_way(lender: Lender, applicant: ApplicantClient) -> dict[str, str]:
    """Register, verify the phone, become a customer, be searched for; the secrets by name."""
    await applicant.register()
    link = await applicant.activation_link()
    activated = await opened(lender, "activations", link_id=str(link.link_id), token=link.token)
    refreshed = await opened(lender, "sessions/refresh", refresh_token=activated["refresh_token"])
    await applicant.sign_in()
    code = await verified_phone(lender, applicant)
    mailed = await mailed_links(lender, applicant)
    await lender.finish_steps(applicant)
    await lender.operator.accept_dossier(applicant.person_id)
    await lender.operator.wait_for_status(applicant.person_id, "enabled")
    await lender.listed("customers", applicant, status="enabled")
    for words in (applicant.person.name, applicant.person.email, applicant.person.document_number):
        await lender.operator.rows("customers", q=words)
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


async def verified_phone(lender: Lender, applicant: ApplicantClient) -> str:
    """The code that was texted, tried wrongly first: refusals are logged too."""
    await applicant.call("POST", PHONE_CODES, idempotency_key=str(uuid4()))
    code = await SmsInbox.from_environment(lender.system.environment).wait_for_code(
        applicant.person.phone
    )
    with pytest.raises(RequestRefused):
        await applicant.call("POST", f"{PHONE_CODES}/confirmation", json={"code": code[::-1] + "0"})
    await applicant.call("POST", f"{PHONE_CODES}/confirmation", json={"code": code})
    return code


async def mailed_links(lender: Lender, applicant: ApplicantClient) -> dict[str, str]:
    """The tokens of a change of address, and of a new password that was refused as too weak."""
    person, address = applicant.person, f"otro.{applicant.person.email}"
    body = {"email": address, "password": person.password}
    await applicant.call("PUT", "/onboarding/v1/me/contact", json=body)
    change_id, change = link_in("confirm-contact", await lender.mails.wait_for(address))
    await lender.gateway.call(
        "POST",
        "/onboarding/v1/contact-changes/confirmation",
        json={"change_id": change_id, "token": change},
    )
    await lender.gateway.call(
        "POST",
        "/onboarding/v1/password-resets",
        json={"document_number": person.document_number},
    )
    mail = await lender.mails.wait_for(address, subject_contains="contraseña nueva")
    link_id, reset = link_in("reset-password", mail)
    with pytest.raises(RequestRefused):
        await lender.gateway.call(
            "POST",
            "/onboarding/v1/password-resets/confirmation",
            json={"link_id": link_id, "token": reset, "password": "corta"},
        )
    return {"new address": address, "change token": change, "reset token": reset}


def link_in(page: str, mail: Mail) -> tuple[str, str]:
    found = re.search(rf"/{page}#([0-9a-f-]{{36}})\.([A-Za-z0-9_-]+)", mail.text)
    assert found is not None
    return found[1], found[2]


async def opened(lender: Lender, path: str, **body: str) -> dict[str, Any]:
    answer = await lender.gateway.call("POST", f"/onboarding/v1/{path}", json=body)
    return dict(answer.body)


async def what_goes_wrong(lender: Lender, applicant: ApplicantClient) -> None:
    """Refusals are logged too: a wrong password, a form with faults, a second registration."""
    with pytest.raises(RequestRefused):
        await applicant.sign_in(password=f"{applicant.person.password}!")
    person = applicant.person
    with pytest.raises(RequestRefused):
        await applicant.register(given_names=person.email * 20, phone=person.surnames)
    with pytest.raises(RequestRefused):
        await applicant.register(**{person.email: person.password})
    await applicant.register()
    with pytest.raises(RequestRefused):
        await lender.gateway.call(
            "PUT",
            "/onboarding/v1/me/employment",
            token=applicant.token,
            json={"payer_id": person.email, "position": person.employment.position},
        )
    with pytest.raises(RequestRefused):
        await lender.gateway.call(
            "GET", "/onboarding/v1/me/application", token=f"{applicant.token}x"
        )


async def poison(lender: Lender, person_id: UUID) -> str:
    """Publish events of the person that do not hold what they should; discard their dead letters.

    What stands there instead is given.
    """
    words = f"a poisonous canary {secrets.token_hex(4)}"
    wrong = value_of(loan_id=words, reported_at=words, personal=words, outstanding_cents=words)
    sent = headers("credit.loan-reported.v1", "loan", person_id)
    sent["ce_source"] = "/demo-credit-system/loans"
    await lender.publish(topics.CREDIT_LOANS, sent, wrong, subject=person_id)
    for service in ("customer_registry", "query_api"):

        async def set_aside(service: str = service) -> list[str]:
            lines = (await lender.command(service, "dead-letters", "list")).splitlines()
            assert all(words not in line for line in lines)
            return [line.split("\t")[0] for line in lines if topics.CREDIT_LOANS in line]

        for place in await eventually(set_aside, timeout=60):
            await lender.command(service, "dead-letters", "discard", place)
    return words


def headers(event_type: str, category: str, subject: UUID) -> dict[str, str]:
    return cloud_event(
        event_type=f"vinculo.{event_type}",
        source="/journeys",
        stream_id=f"{category}-{uuid4()}",
        version=1,
        subject=subject,
    )
