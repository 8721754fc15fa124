"""One address gets few mails, whatever is registered with it, and all of its links work."""

from datetime import timedelta

from vinculo.simulation.inboxes import ACTIVATION_LINK, ActivationLink, Mail
from vinculo.testing.databases import connected
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

REGISTRATIONS = 12
OWN_MAILS = 3
PASSWORD = "la misma frase larga para todas"
INTERVAL = timedelta(hours=1)

HELD = "SELECT count(*) FROM deliveries WHERE state = 'held' AND happened_at >= $1"
AN_HOUR_LATER = """
UPDATE message_budgets SET window_ends_at = window_ends_at - $1::interval,
    collects_from = collects_from - $1::interval
"""
AND_DUE = (
    "UPDATE deliveries SET next_attempt_at = next_attempt_at - $1::interval WHERE state = 'held'"
)


async def test_twelve_registrations_of_one_address_give_three_mails_and_a_collecting_one(
    harness: SystemHarness,
) -> None:
    first = harness.applicant(password=PASSWORD)
    email = first.person.email
    applicants = [
        first,
        *(harness.applicant(password=PASSWORD, email=email) for _ in range(REGISTRATIONS - 1)),
    ]
    async with connected(harness.system.environment["NOTIFICATIONS_DATABASE_URL"]) as connection:
        began = await connection.fetchval("SELECT now()")
        for applicant in applicants:
            await applicant.register()

        async def others_are_held() -> bool:
            held = await connection.fetchval(HELD, began)
            mails = await harness.mailbox.mails_to(email)
            return held == REGISTRATIONS - OWN_MAILS and len(mails) == OWN_MAILS

        await eventually(others_are_held, timeout=60)
        async with connection.transaction():
            await connection.execute(AN_HOUR_LATER, INTERVAL)
            await connection.execute(AND_DUE, INTERVAL)
        await harness.mailbox.wait_for(email, subject_contains="Enlaces para activar cuentas")

    mails = await harness.mailbox.mails_to(email)
    assert [len(links_in(mail)) for mail in mails] == [1, 1, 1, REGISTRATIONS - OWN_MAILS]
    activated = set()
    for link, applicant in zip(
        [link for mail in mails for link in links_in(mail)], applicants, strict=True
    ):
        activated.add(await applicant.activate(link))
    assert activated == {await applicant.sign_in() for applicant in applicants}
    assert len(activated) == REGISTRATIONS


def links_in(mail: Mail) -> list[ActivationLink]:
    return [
        ActivationLink(link_id=link_id, token=token)
        for link_id, token in ACTIVATION_LINK.findall(mail.text)
    ]
