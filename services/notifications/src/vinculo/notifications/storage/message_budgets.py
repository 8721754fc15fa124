"""The budgets in use, by keyed hash of template and address; ended ones are deleted."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.notifications.domain.message_budget import BudgetUse
from vinculo.notifications.storage.tables import message_budgets
from vinculo.process import prune_statement


async def lock_budget(
    connection: AsyncConnection, recipient_key: bytes, now: datetime
) -> BudgetUse | None:
    """The use of the budget, locked until the transaction ends; None if it is unused."""
    row_exists = insert(message_budgets).values(
        recipient_key=recipient_key,
        messages=0,
        window_ends_at=now,
        collects_from=now,
        ends_at=now,
    )
    await connection.execute(row_exists.on_conflict_do_nothing())
    found = await connection.execute(
        select(message_budgets)
        .where(message_budgets.c.recipient_key == recipient_key)
        .with_for_update()
    )
    row = found.one()
    if row.messages == 0 and row.ends_at <= now:
        return None
    return BudgetUse(
        messages=row.messages,
        window_ends_at=row.window_ends_at,
        collects_from=row.collects_from,
    )


async def save_use(
    connection: AsyncConnection, recipient_key: bytes, use: BudgetUse, now: datetime
) -> None:
    values = {
        "messages": use.messages,
        "window_ends_at": use.window_ends_at,
        "collects_from": use.collects_from,
        "ends_at": use.ends_at,
    }
    await connection.execute(
        insert(message_budgets)
        .values(recipient_key=recipient_key, **values)
        .on_conflict_do_update(index_elements=["recipient_key"], set_=values)
    )
    await connection.execute(prune_statement(message_budgets, message_budgets.c.ends_at <= now))
