"""The row of each person: facts, and how far the person has been evaluated.

Every use case locks this row first, so that all changes to one person happen one after another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.evaluation.facts import Fact, facts_from_json, facts_to_json
from vinculo.customer_registry.storage.tables import people, registration_numbers

BEFORE_ANY_EVALUATION: Final = (0, UUID(int=0))
"""`after` of the first page of people with an outdated evaluation."""
BEFORE_ANY_WAIT: Final = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
"""`after` of the first page of people awaiting activation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`evaluated_version` is the policy version of the last evaluation, 0 before the first."""

    person_id: UUID
    project: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    completed_at: datetime | None = None
    evaluated_version: int = 0
    waiting_since: datetime | None = None
    last_link_issued_at: datetime | None = None
    erased_at: datetime | None = None


async def lock_or_insert_person(connection: AsyncConnection, person_id: UUID) -> Person:
    """Lock the person's row until the transaction ends; insert it first when there is none.

    Without the lock two consumers, each with half of the facts of a rule, would both find the rule
    unmet, and no later event would evaluate it again.
    """
    existing = await lock_existing_person(connection, person_id)
    if existing is not None:
        return existing
    await connection.execute(insert(people).values(person_id=person_id).on_conflict_do_nothing())
    return await lock_existing_person(connection, person_id) or Person(person_id=person_id)


async def lock_existing_person(connection: AsyncConnection, person_id: UUID) -> Person | None:
    row = (
        await connection.execute(
            select(people).where(people.c.person_id == person_id).with_for_update()
        )
    ).one_or_none()
    return None if row is None else _person(row)


async def save_person(connection: AsyncConnection, person: Person) -> None:
    await connection.execute(
        update(people)
        .where(people.c.person_id == person.person_id)
        .values(
            project=person.project,
            facts=facts_to_json(person.facts),
            completed_at=person.completed_at,
            evaluated_version=person.evaluated_version,
            waiting_since=person.waiting_since,
            last_link_issued_at=person.last_link_issued_at,
            erased_at=person.erased_at,
        )
    )


async def find_person(connection: AsyncConnection, person_id: UUID) -> Person | None:
    statement = select(people).where(people.c.person_id == person_id)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _person(row)


async def next_registration_number(connection: AsyncConnection) -> int:
    """Unique and increasing; a rolled back transaction leaves a gap."""
    number: int = (
        await connection.execute(registration_numbers.next_value().select())
    ).scalar_one()
    return number


async def people_with_outdated_evaluation(
    connection: AsyncConnection,
    project: str,
    *,
    before_version: int,
    after: tuple[int, UUID],
    limit: int,
) -> list[tuple[int, UUID]]:
    """A page of (evaluated version, person) with an earlier version than the given one, in order.

    `after` is the last entry of the previous page, so a person who could not be evaluated does not
    stop the sweep.
    """
    position = tuple_(people.c.evaluated_version, people.c.person_id)
    statement = (
        select(people.c.evaluated_version, people.c.person_id)
        .where(
            people.c.project == project,
            people.c.erased_at.is_(None),
            people.c.evaluated_version < before_version,
            position > tuple_(*after),
        )
        .order_by(people.c.evaluated_version, people.c.person_id)
        .limit(limit)
    )
    rows = await connection.execute(statement)
    return [(row.evaluated_version, row.person_id) for row in rows]


async def people_awaiting_activation(
    connection: AsyncConnection,
    *,
    waiting_since: datetime,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[tuple[datetime, UUID]]:
    """A page of (start of the wait, person) waiting since that time or earlier, in order."""
    position = tuple_(people.c.waiting_since, people.c.person_id)
    statement = (
        select(people.c.waiting_since, people.c.person_id)
        .where(people.c.waiting_since <= waiting_since, position > tuple_(*after))
        .order_by(people.c.waiting_since, people.c.person_id)
        .limit(limit)
    )
    rows = await connection.execute(statement)
    return [(row.waiting_since, row.person_id) for row in rows]


def _person(row: Row[Any]) -> Person:
    return Person(
        person_id=row.person_id,
        project=row.project,
        facts=facts_from_json(row.facts),
        completed_at=row.completed_at,
        evaluated_version=row.evaluated_version,
        waiting_since=row.waiting_since,
        last_link_issued_at=row.last_link_issued_at,
        erased_at=row.erased_at,
    )
