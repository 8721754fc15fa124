"""Links and codes that were sent: whose they are, and how often a code was tried.

Neither a token nor a code is stored; both are derived from the ids kept here.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.onboarding.domain.account import Confirmation
from vinculo.onboarding.tables import code_tries, confirmation_links

MOST_TRIES: Final = 5
CODE_LIFETIME: Final = timedelta(minutes=10)

NewId = Callable[[], UUID]


class Purpose(StrEnum):
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose
    CONTACT_CHANGE = "contact_change"
    PHONE = "phone"


class CodeWrong(Exception):
    pass


class CodeExhausted(Exception):
    """It was tried too often, is not the latest, or never was: a new one is needed."""


def new_confirmation(now: datetime, lifetime: timedelta, new_id: NewId = uuid4) -> Confirmation:
    return Confirmation(id=new_id(), expires_at=now + lifetime)


async def keep_link(
    connection: AsyncConnection,
    person_id: UUID,
    purpose: Purpose,
    link: Confirmation,
    *,
    now: datetime,
    session_id: UUID | None = None,
) -> None:
    """Expired ones of the same person go: the table stays small however often somebody asks."""
    await connection.execute(
        delete(confirmation_links).where(
            confirmation_links.c.person_id == person_id, confirmation_links.c.expires_at < now
        )
    )
    await connection.execute(
        insert(confirmation_links).values(
            link_id=link.id,
            person_id=person_id,
            purpose=purpose.value,
            session_id=session_id,
            expires_at=link.expires_at,
        )
    )


async def find_link(
    connection: AsyncConnection, link_id: UUID, purpose: Purpose
) -> tuple[UUID, UUID | None] | None:
    """The person, and the session in which it was asked for."""
    row = (
        await connection.execute(
            select(confirmation_links.c.person_id, confirmation_links.c.session_id).where(
                confirmation_links.c.link_id == link_id,
                confirmation_links.c.purpose == purpose.value,
            )
        )
    ).one_or_none()
    return None if row is None else (row.person_id, row.session_id)


async def keep_code(
    connection: AsyncConnection,
    person_id: UUID,
    purpose: Purpose,
    code_id: UUID,
) -> None:
    """In place of the code before, whose tries are over."""
    new = {"code_id": code_id, "tries": 0}
    await connection.execute(
        insert_or_not(code_tries)
        .values(person_id=person_id, purpose=purpose.value, **new)
        .on_conflict_do_update(index_elements=["person_id", "purpose"], set_=new)
    )


async def latest_code(
    connection: AsyncConnection, person_id: UUID, purpose: Purpose
) -> UUID | None:
    code_id: UUID | None = await connection.scalar(
        select(code_tries.c.code_id).where(
            code_tries.c.person_id == person_id, code_tries.c.purpose == purpose.value
        )
    )
    return code_id


async def count_try(
    connection: AsyncConnection, person_id: UUID, purpose: Purpose, code_id: UUID
) -> None:
    """Counted before the code is looked at, or many at once would slip through together."""
    counted = await connection.execute(
        update(code_tries)
        .where(
            code_tries.c.person_id == person_id,
            code_tries.c.purpose == purpose.value,
            code_tries.c.code_id == code_id,
            code_tries.c.tries < MOST_TRIES,
        )
        .values(tries=code_tries.c.tries + 1)
    )
    if counted.rowcount != 1:
        raise CodeExhausted
