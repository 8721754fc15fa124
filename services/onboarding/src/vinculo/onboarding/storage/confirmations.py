"""Links and codes that were sent: the person they belong to, and failed attempts per code.

Neither tokens nor codes are stored; both are derived from the ids stored here.
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
from vinculo.onboarding.storage.tables import code_tries, confirmation_links

MAX_CODE_ATTEMPTS: Final = 5
CODE_LIFETIME: Final = timedelta(minutes=10)
NewId = Callable[[], UUID]


class ConfirmationPurpose(StrEnum):
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose
    CONTACT_CHANGE = "contact_change"
    PHONE = "phone"


class CodeWrong(Exception):
    """Not the code that was sent; further attempts are possible."""


class CodeExhausted(Exception):
    """Too many attempts, or not the latest code: a new one must be requested."""


def new_confirmation(now: datetime, lifetime: timedelta, new_id: NewId = uuid4) -> Confirmation:
    return Confirmation(id=new_id(), expires_at=now + lifetime)


async def store_link(
    connection: AsyncConnection,
    person_id: UUID,
    purpose: ConfirmationPurpose,
    link: Confirmation,
    *,
    now: datetime,
    session_id: UUID | None = None,
) -> None:
    """Also deletes expired links of the person, so that requests do not fill the table."""
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
    connection: AsyncConnection, link_id: UUID, purpose: ConfirmationPurpose
) -> tuple[UUID, UUID | None] | None:
    """The person, and the session that requested the link."""
    row = (
        await connection.execute(
            select(confirmation_links.c.person_id, confirmation_links.c.session_id).where(
                confirmation_links.c.link_id == link_id,
                confirmation_links.c.purpose == purpose.value,
            )
        )
    ).one_or_none()
    return None if row is None else (row.person_id, row.session_id)


async def store_code(
    connection: AsyncConnection,
    person_id: UUID,
    purpose: ConfirmationPurpose,
    code_id: UUID,
) -> None:
    """Replace the person's earlier code and its attempts."""
    new = {"code_id": code_id, "tries": 0}
    await connection.execute(
        insert_or_not(code_tries)
        .values(person_id=person_id, purpose=purpose.value, **new)
        .on_conflict_do_update(index_elements=["person_id", "purpose"], set_=new)
    )


async def latest_code(
    connection: AsyncConnection, person_id: UUID, purpose: ConfirmationPurpose
) -> UUID | None:
    code_id: UUID | None = await connection.scalar(
        select(code_tries.c.code_id).where(
            code_tries.c.person_id == person_id, code_tries.c.purpose == purpose.value
        )
    )
    return code_id


async def count_code_attempt(
    connection: AsyncConnection, person_id: UUID, purpose: ConfirmationPurpose, code_id: UUID
) -> None:
    """Count an attempt; call it before comparing, or concurrent guesses would not be limited.

    Raises:
        CodeExhausted: no attempt is left, or the code is not the latest.

    """
    counted = await connection.execute(
        update(code_tries)
        .where(
            code_tries.c.person_id == person_id,
            code_tries.c.purpose == purpose.value,
            code_tries.c.code_id == code_id,
            code_tries.c.tries < MAX_CODE_ATTEMPTS,
        )
        .values(tries=code_tries.c.tries + 1)
    )
    if counted.rowcount != 1:
        raise CodeExhausted
