"""A rebuild from the event log restores the read model."""

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.testing.waiting import eventually

from .system_harness import Document, SystemHarness


async def test_a_rebuilt_read_model_equals_the_original(harness: SystemHarness) -> None:
    customer = await harness.customer()
    await harness.credit.open_loan(customer.person_id, principal_cents=3_000_000_00)
    await harness.activated_applicant()
    newcomer = harness.applicant()
    await newcomer.register()
    await harness.wait_for_row("customers", customer, active_loans=1)
    await eventually(lambda: is_listed(harness, newcomer))
    people, shown = await read_model_state(harness)

    async with harness.mongo() as database:
        await database.client.drop_database(database.name)
    await harness.run_command("query_api", "rebuild")

    assert (await read_model_state(harness)) == (people, shown)


async def is_listed(harness: SystemHarness, newcomer: ApplicantClient) -> bool:
    found = await harness.operator.rows("registrations", q=newcomer.person.document_number)
    return bool(found["items"])


async def read_model_state(harness: SystemHarness) -> tuple[list[Document], list[Document]]:
    """The documents, and the list as operators see it."""
    rows = await harness.operator.rows("registrations", sort="number", limit=200)
    return await harness.people_documents(), rows["items"]
