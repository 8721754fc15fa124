"""A person erased is gone everywhere, and nothing brings them back."""

import asyncpg
import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import RequestRefused
from vinculo.testing.eventually import eventually

from .lender import Lender

DATABASES = (
    "ONBOARDING_DATABASE_URL",
    "DOCUMENTS_DATABASE_URL",
    "REGISTRY_DATABASE_URL",
    "NOTIFICATIONS_DATABASE_URL",
    "VINCULO_KEYRING_URL",
)


async def test_the_erased_are_gone_for_good(lender: Lender) -> None:
    applicant = await lender.customer()
    stays = await lender.customer()
    await lender.credit.open_loan(applicant.person_id, principal_cents=1_000_000_00)
    await lender.listed("customers", applicant, active_loans=1)
    assert await plain_traces(lender, applicant) != []

    erasure_id = await lender.admin.erase(applicant.person_id, "requested", "Lo pidió por escrito")
    erasure = await lender.admin.wait_for_key_destruction(erasure_id)

    assert erasure["state"] == "key_destroyed"
    assert await key_row(lender, applicant) == (True, True)
    await eventually(lambda: swept(lender, applicant), timeout=60)
    with pytest.raises(RequestRefused) as sign_in:
        await applicant.sign_in()
    assert sign_in.value.status == 401
    await gone_from_the_lists(lender, applicant)
    assert await lender.found("customers", stays) != []

    await lender.command("query_api", "rebuild")

    await gone_from_the_lists(lender, applicant)
    assert await plain_traces(lender, applicant) == []
    assert await lender.found("customers", stays) != []

    again = ApplicantClient(lender.gateway, lender.mails, applicant.person)
    before = len(await lender.mails.mails_to(applicant.person.email))
    await again.register()
    await lender.mails.wait_for(applicant.person.email, skip=before)
    assert await again.activate() != applicant.person_id


async def swept(lender: Lender, applicant: ApplicantClient) -> bool:
    return await plain_traces(lender, applicant) == []


async def gone_from_the_lists(lender: Lender, applicant: ApplicantClient) -> None:
    for list_name in ("customers", "registrations", "pre-customers"):
        assert await lender.found(list_name, applicant) == []
    with pytest.raises(RequestRefused) as profile:
        await lender.operator.profile(applicant.person_id)
    assert profile.value.status == 410


async def key_row(lender: Lender, applicant: ApplicantClient) -> tuple[bool, bool]:
    """Whether the key is gone and its row says since when."""
    database = await asyncpg.connect(lender.system.environment["VINCULO_KEYRING_URL"])
    try:
        row = await database.fetchrow(
            "SELECT wrapped_key IS NULL, destroyed_at IS NOT NULL FROM keys WHERE subject = $1",
            applicant.person_id,
        )
    finally:
        await database.close()
    assert row is not None
    return row[0], row[1]


async def plain_traces(lender: Lender, applicant: ApplicantClient) -> list[str]:
    """Every table and collection in which something of the person stands in plain words."""
    person = applicant.person
    words = (person.document_number, person.email, person.phone, person.name)
    found: list[str] = []
    for variable in DATABASES:
        database = await asyncpg.connect(lender.system.environment[variable])
        try:
            tables = await database.fetch(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            )
            for (table,) in tables:
                rows = await database.fetch(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - its own names
                if any(word in row[0] for row in rows for word in words):
                    found.append(f"{variable} {table}")
        finally:
            await database.close()
    async with lender.mongo() as read_models:
        for name in await read_models.list_collection_names():
            documents = await read_models[name].find().to_list()
            if any(word in str(document) for document in documents for word in words):
                found.append(f"mongo {name}")
    return found
