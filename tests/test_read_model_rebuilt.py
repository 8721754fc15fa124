"""The read model can be thrown away: the log gives it back as it was."""

from .lender import Document, Lender


async def test_a_rebuilt_read_model_is_the_same(own_lender: Lender) -> None:
    lender = own_lender
    customer = await lender.customer()
    await lender.credit.open_loan(customer.person_id, principal_cents=3_000_000_00)
    await lender.activated()
    await lender.applicant().register()
    await lender.listed("customers", customer, active_loans=1)
    people, shown = await settled(lender)

    async with lender.mongo() as database:
        for name in await database.list_collection_names():
            if name not in {"exports", "audit"}:
                await database.drop_collection(name)
    await lender.command("query_api", "rebuild")

    assert (await settled(lender)) == (people, shown)


async def settled(lender: Lender) -> tuple[list[Document], list[Document]]:
    """The documents and the list as operators see it."""
    rows = await lender.operator.rows("registrations", sort="number", limit=200)
    return await lender.read_model(), rows["items"]
