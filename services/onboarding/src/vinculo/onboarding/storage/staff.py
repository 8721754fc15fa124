"""Rows of members of staff, and the links that were mailed to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.onboarding.domain.account import Confirmation
from vinculo.onboarding.domain.staff import ADMIN, StaffMember, StaffState
from vinculo.onboarding.storage.tables import staff, staff_links


class StaffLinkPurpose(StrEnum):
    INVITATION = "invitation"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLink:
    """A mailed link. It has ended once it was used or replaced by a newer one."""

    link_id: UUID
    staff_id: UUID
    expires_at: datetime
    has_ended: bool


async def all_members(connection: AsyncConnection) -> list[StaffMember]:
    """By address, those who were ended among them."""
    rows = (await connection.execute(_members().order_by(staff.c.email))).all()
    return [_member(row) for row in rows]


async def find_member(connection: AsyncConnection, staff_id: UUID) -> StaffMember | None:
    return await _one(connection, staff.c.staff_id == staff_id)


async def find_member_by_email(connection: AsyncConnection, email: str) -> StaffMember | None:
    return await _one(connection, staff.c.email == email)


async def lock_member(connection: AsyncConnection, staff_id: UUID) -> StaffMember | None:
    """The member; waits for a sign-in that is opening a session, and makes later ones wait."""
    locked = select(staff.c.staff_id).where(staff.c.staff_id == staff_id).with_for_update()
    if await connection.scalar(locked) is None:
        return None
    return await find_member(connection, staff_id)


async def lock_admins(connection: AsyncConnection) -> set[UUID]:
    """The active administrators. Locked in one order, so that two changes cannot miss each other.

    Lock them before the member.
    """
    statement = (
        select(staff.c.staff_id)
        .where(staff.c.role == ADMIN, staff.c.state == StaffState.ACTIVE.value)
        .order_by(staff.c.staff_id)
        .with_for_update()
    )
    return set((await connection.scalars(statement)).all())


async def password_hash_of(connection: AsyncConnection, staff_id: UUID) -> str | None:
    """That of an active member; None for any other."""
    found: str | None = await connection.scalar(
        select(staff.c.password_hash).where(
            staff.c.staff_id == staff_id, staff.c.state == StaffState.ACTIVE.value
        )
    )
    return found


async def add_member(connection: AsyncConnection, member: StaffMember) -> bool:
    """Whether it was added, without a password; False if a member has the id or the address."""
    added = await connection.execute(
        insert_or_not(staff)
        .values(
            staff_id=member.staff_id,
            email=member.email,
            role=member.role,
            state=member.state.value,
            locale=member.locale,
            version=member.version,
            added_at=member.added_at,
        )
        .on_conflict_do_nothing()
    )
    return added.rowcount == 1


async def update_member(
    connection: AsyncConnection,
    staff_id: UUID,
    **columns: str | int | datetime | None,
) -> None:
    await connection.execute(update(staff).where(staff.c.staff_id == staff_id).values(**columns))


async def delete_member(connection: AsyncConnection, staff_id: UUID) -> None:
    """The sessions and links are deleted with the row."""
    await connection.execute(delete(staff).where(staff.c.staff_id == staff_id))


async def store_staff_link(
    connection: AsyncConnection,
    staff_id: UUID,
    purpose: StaffLinkPurpose,
    link: Confirmation,
    *,
    now: datetime,
) -> None:
    """Ends earlier links of the purpose, and deletes those that have expired."""
    await end_staff_links(connection, staff_id, purpose, now=now)
    await connection.execute(
        delete(staff_links).where(
            staff_links.c.staff_id == staff_id, staff_links.c.expires_at < now
        )
    )
    await connection.execute(
        insert(staff_links).values(
            link_id=link.id,
            staff_id=staff_id,
            purpose=purpose.value,
            expires_at=link.expires_at,
        )
    )


async def end_staff_links(
    connection: AsyncConnection,
    staff_id: UUID,
    purpose: StaffLinkPurpose | None = None,
    *,
    now: datetime,
) -> None:
    """End the member's links of the purpose, or all."""
    ended = and_(staff_links.c.staff_id == staff_id, staff_links.c.ended_at.is_(None))
    if purpose is not None:
        ended = and_(ended, staff_links.c.purpose == purpose.value)
    await connection.execute(update(staff_links).where(ended).values(ended_at=now))


async def mark_link_undeliverable(connection: AsyncConnection, link_id: UUID, at: datetime) -> None:
    """Nothing for a link that is gone."""
    await connection.execute(
        update(staff_links).where(staff_links.c.link_id == link_id).values(undeliverable_at=at)
    )


async def find_staff_link(
    connection: AsyncConnection, link_id: UUID, purpose: StaffLinkPurpose
) -> StaffLink | None:
    statement = select(staff_links).where(
        staff_links.c.link_id == link_id, staff_links.c.purpose == purpose.value
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    return StaffLink(
        link_id=row.link_id,
        staff_id=row.staff_id,
        expires_at=row.expires_at,
        has_ended=row.ended_at is not None,
    )


async def _one(connection: AsyncConnection, condition: ColumnElement[bool]) -> StaffMember | None:
    row = (await connection.execute(_members().where(condition))).one_or_none()
    return None if row is None else _member(row)


def _members() -> Select[Any]:
    """Members with expiry and delivery of their open invitation."""
    open_invitation = and_(
        staff_links.c.staff_id == staff.c.staff_id,
        staff_links.c.purpose == StaffLinkPurpose.INVITATION.value,
        staff_links.c.ended_at.is_(None),
    )
    return select(
        staff,
        staff_links.c.expires_at.label("invitation_expires_at"),
        staff_links.c.undeliverable_at.label("invitation_undeliverable_at"),
    ).outerjoin(staff_links, open_invitation)


def _member(row: Row[Any]) -> StaffMember:
    return StaffMember(
        staff_id=row.staff_id,
        email=row.email,
        role=row.role,
        state=StaffState(row.state),
        locale=row.locale,
        version=row.version,
        added_at=row.added_at,
        invitation_expires_at=row.invitation_expires_at,
        invitation_undeliverable_at=row.invitation_undeliverable_at,
        last_sign_in_at=row.last_sign_in_at,
    )
