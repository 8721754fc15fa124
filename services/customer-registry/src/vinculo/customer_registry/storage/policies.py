"""The active policy of each project, read by evaluations and written by publications."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.domain.policy import PolicyPublished, PolicyRequirement
from vinculo.customer_registry.evaluation.evaluation import ActivePolicy
from vinculo.customer_registry.storage.tables import policies


async def lock_policy_for_share(connection: AsyncConnection, project: str) -> ActivePolicy | None:
    """The project's policy, of which no new version can be published before the transaction ends.

    So an evaluation with the old version commits before the new one is visible, and the sweep that
    follows finds it outdated.
    """
    statement = select(policies).where(policies.c.project == project).with_for_update(read=True)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _policy(row)


async def find_policy(connection: AsyncConnection, project: str) -> ActivePolicy | None:
    """The project's policy, to be shown."""
    statement = select(policies).where(policies.c.project == project)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _policy(row)


async def active_versions(connection: AsyncConnection) -> list[tuple[str, int]]:
    """Each project with the version of its active policy."""
    statement = select(policies.c.project, policies.c.policy_version).order_by(policies.c.project)
    rows = await connection.execute(statement)
    return [(row.project, row.policy_version) for row in rows]


async def save_policy(connection: AsyncConnection, published: PolicyPublished) -> None:
    values = {
        "policy": published.policy,
        "policy_version": published.policy_version,
        "requirements": [asdict(requirement) for requirement in published.requirements],
    }
    await connection.execute(
        insert(policies)
        .values(project=published.project, **values)
        .on_conflict_do_update(index_elements=["project"], set_=values)
    )


def _policy(row: Row[Any]) -> ActivePolicy:
    return ActivePolicy(
        project=row.project,
        policy=row.policy,
        policy_version=row.policy_version,
        requirements=tuple(_requirement(stored) for stored in row.requirements),
    )


def _requirement(stored: Mapping[str, Any]) -> PolicyRequirement:
    return PolicyRequirement(**{**stored, "facts": tuple(stored["facts"])})
