"""What is done by e-mailed links and texted codes, from the request to the confirmation."""

import re
from uuid import uuid4

from vinculo.simulation.inboxes import Mail, SmsInbox

from .lender import Lender

NEW_PASSWORD = "una frase larga y bien distinta 83"


async def test_a_forgotten_password_is_replaced_by_the_mailed_link(lender: Lender) -> None:
    applicant = await lender.activated()
    person = applicant.person
    await lender.gateway.call(
        "POST",
        "/onboarding/v1/password-resets",
        json={"document_number": person.document_number},
    )
    mail = await lender.mails.wait_for(person.email, subject_contains="contraseña nueva")
    link_id, token = link_to("reset-password", mail)

    await lender.gateway.call(
        "POST",
        "/onboarding/v1/password-resets/confirmation",
        json={"link_id": link_id, "token": token, "password": NEW_PASSWORD},
    )

    assert await applicant.sign_in(NEW_PASSWORD) == applicant.person_id
    await lender.mails.wait_for(person.email, subject_contains="cambió")


async def test_a_new_address_is_confirmed_there_and_told_to_the_old_one(lender: Lender) -> None:
    applicant = await lender.activated()
    person = applicant.person
    new = f"nuevo.{person.email}"
    await applicant.call(
        "PUT", "/onboarding/v1/me/contact", json={"email": new, "password": person.password}
    )
    change_id, token = link_to("confirm-contact", await lender.mails.wait_for(new))

    await lender.gateway.call(
        "POST",
        "/onboarding/v1/contact-changes/confirmation",
        json={"change_id": change_id, "token": token},
    )

    told = await lender.mails.wait_for(person.email, subject_contains="El correo de su cuenta")
    assert new not in told.text


async def test_a_phone_is_verified_by_the_texted_code(lender: Lender) -> None:
    applicant = await lender.activated()
    texts = SmsInbox.from_environment(lender.system.environment)
    sent = await applicant.call(
        "POST", "/onboarding/v1/me/phone-codes", idempotency_key=str(uuid4())
    )

    code = await texts.wait_for_code(applicant.person.phone)

    await applicant.call(
        "POST",
        "/onboarding/v1/me/phone-codes/confirmation",
        json={"code_id": sent.body["code_id"], "code": code},
    )


def link_to(page: str, mail: Mail) -> tuple[str, str]:
    found = re.search(rf"/{page}#([0-9a-f-]{{36}})\.([A-Za-z0-9_-]+)", mail.text)
    assert found is not None
    return found[1], found[2]
