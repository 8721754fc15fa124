"""Whether every project has a policy that registrations can be measured by."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.customer_registry.storage.tables import policies
from vinculo.httpapi import Check


def policies_check(engine: AsyncEngine, projects: Collection[str]) -> Check:
    async def published() -> None:
        async with engine.connect() as connection:
            active = set((await connection.execute(select(policies.c.project))).scalars())
        if missing := sorted(set(projects) - active):
            raise LookupError(f"no policy published for {', '.join(missing)}")

    return published
