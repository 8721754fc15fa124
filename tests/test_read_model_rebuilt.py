"""The read model can be thrown away: the log gives it back as it was."""

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.testing.eventually import eventually

from .lender import Document, Lender

KEPT = {"exports", "audit", "discarded_records", "applied_dead_letters"}
"""What operators did is not in the log."""


async def test_a_rebuilt_read_model_is_the_same(lender: Lender) -> None:
    customer = await lender.customer()
    await lender.credit.open_loan(customer.person_id, principal_cents=3_000_000_00)
    await lender.activated()
    newcomer = lender.applicant()
    await newcomer.register()
    await lender.listed("customers", customer, active_loans=1)
    await eventually(lambda: shows(lender, newcomer))
    people, shown = await settled(lender)

    async with lender.mongo() as database:
        for name in await database.list_collection_names():
            if name not in KEPT:
                await database.drop_collection(name)
    await lender.command("query_api", "rebuild")

    assert (await settled(lender)) == (people, shown)


async def shows(lender: Lender, newcomer: ApplicantClient) -> bool:
    found = await lender.operator.rows("registrations", q=newcomer.person.document_number)
    return bool(found["items"])


async def settled(lender: Lender) -> tuple[list[Document], list[Document]]:
    """The documents and the list as operators see it."""
    rows = await lender.operator.rows("registrations", sort="number", limit=200)
    return await lender.read_model(), rows["items"]
