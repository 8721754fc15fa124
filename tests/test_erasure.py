"""An erased person disappears from every store, and a rebuild does not restore them."""

import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.testing.databases import connected
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

DATABASES = (
    "ONBOARDING_DATABASE_URL",
    "DOCUMENTS_DATABASE_URL",
    "REGISTRY_DATABASE_URL",
    "NOTIFICATIONS_DATABASE_URL",
    "VINCULO_KEYRING_URL",
)


async def test_an_erased_person_disappears_everywhere(harness: SystemHarness) -> None:
    applicant = await harness.customer()
    other = await harness.customer()
    await harness.credit.open_loan(applicant.person_id, principal_cents=1_000_000_00)
    await harness.wait_for_row("customers", applicant, active_loans=1)
    assert await plain_text_locations(harness, applicant) != []

    erasure_id = await harness.admin.erase(applicant.person_id, "requested", "Lo pidió por escrito")
    erasure = await harness.admin.wait_for_key_destruction(erasure_id)

    assert erasure["state"] == "key_destroyed"
    assert await key_row(harness, applicant) == (True, True)
    await eventually(lambda: has_no_plain_text(harness, applicant), timeout=60)
    with pytest.raises(RequestRefused) as sign_in:
        await applicant.sign_in()
    assert sign_in.value.status == 401
    await assert_not_listed(harness, applicant)
    assert await harness.rows_of("customers", other) != []

    await harness.run_command("query_api", "rebuild")

    await assert_not_listed(harness, applicant)
    assert await plain_text_locations(harness, applicant) == []
    assert await harness.rows_of("customers", other) != []

    again = ApplicantClient(harness.gateway, harness.mailbox, applicant.person)
    before = len(await harness.mailbox.mails_to(applicant.person.email))
    await again.register()
    await harness.mailbox.wait_for(applicant.person.email, skip=before)
    assert await again.activate() != applicant.person_id


async def has_no_plain_text(harness: SystemHarness, applicant: ApplicantClient) -> bool:
    return await plain_text_locations(harness, applicant) == []


async def assert_not_listed(harness: SystemHarness, applicant: ApplicantClient) -> None:
    for list_name in ("customers", "registrations", "pre-customers"):
        assert await harness.rows_of(list_name, applicant) == []
    with pytest.raises(RequestRefused) as profile:
        await harness.operator.profile(applicant.person_id)
    assert profile.value.status == 410


async def key_row(harness: SystemHarness, applicant: ApplicantClient) -> tuple[bool, bool]:
    """Whether all keys of the person are deleted, and have the time of their destruction."""
    async with connected(harness.system.environment["VINCULO_KEYRING_URL"]) as database:
        row = await database.fetchrow(
            "SELECT bool_and(wrapped_key IS NULL), bool_and(destroyed_at IS NOT NULL) FROM keys"
            " WHERE subject = $1",
            applicant.person_id,
        )
    assert row is not None
    return row[0], row[1]


async def plain_text_locations(harness: SystemHarness, applicant: ApplicantClient) -> list[str]:
    """Tables and collections that contain data of the person in plain text."""
    person = applicant.person
    values = (person.document_number, person.email, person.phone, person.name)
    found: list[str] = []
    for variable in DATABASES:
        async with connected(harness.system.environment[variable]) as database:
            tables = await database.fetch(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            )
            for (table,) in tables:
                rows = await database.fetch(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - names from the catalogue
                if any(value in row[0] for row in rows for value in values):
                    found.append(f"{variable} {table}")
    async with harness.mongo() as read_models:
        for name in await read_models.list_collection_names():
            documents = await read_models[name].find().to_list()
            if any(value in str(document) for document in documents for value in values):
                found.append(f"mongo {name}")
    return found
