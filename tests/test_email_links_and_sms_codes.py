"""Actions confirmed by an e-mailed link or a texted code."""

import re
from uuid import uuid4

from vinculo.simulation.inboxes import Mail, SmsInbox

from .system_harness import SystemHarness

NEW_PASSWORD = "una frase larga y bien distinta 83"


async def test_a_forgotten_password_is_reset_by_an_e_mailed_link(harness: SystemHarness) -> None:
    applicant = await harness.activated_applicant()
    person = applicant.person
    await harness.gateway.call(
        "POST",
        "/onboarding/v1/password-resets",
        json={"document_number": person.document_number},
    )
    mail = await harness.mailbox.wait_for(person.email, subject_contains="contraseña nueva")
    link_id, token = link_to("reset-password", mail)

    await harness.gateway.call(
        "POST",
        "/onboarding/v1/password-resets/confirmation",
        json={"link_id": link_id, "token": token, "password": NEW_PASSWORD},
    )

    assert await applicant.sign_in(NEW_PASSWORD) == applicant.person_id
    await harness.mailbox.wait_for(person.email, subject_contains="cambió")


async def test_a_new_address_is_confirmed_and_reported_to_the_old_one(
    harness: SystemHarness,
) -> None:
    applicant = await harness.activated_applicant()
    person = applicant.person
    new = f"nuevo.{person.email}"
    await applicant.call(
        "PUT", "/onboarding/v1/me/contact", json={"email": new, "password": person.password}
    )
    change_id, token = link_to("confirm-contact", await harness.mailbox.wait_for(new))

    await harness.gateway.call(
        "POST",
        "/onboarding/v1/contact-changes/confirmation",
        json={"change_id": change_id, "token": token},
    )

    notice = await harness.mailbox.wait_for(person.email, subject_contains="El correo de su cuenta")
    assert new not in notice.text


async def test_a_phone_is_verified_by_a_texted_code(harness: SystemHarness) -> None:
    applicant = await harness.activated_applicant()
    texts = SmsInbox.from_environment(harness.system.environment)
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
