"""Sessions: one family of refresh tokens per device, each token valid for one use.

A reused token means that there is a copy of it, so the whole family ends. For a few seconds after a
rotation the previous token still works, for a lost response or two tabs that refresh together. This
rotates the family again, so that using the token in between ends the family, too.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.access import RevocationList, Role
from vinculo.eventstore import PostgresEventStore
from vinculo.onboarding.application.revocations import revoke_access
from vinculo.onboarding.domain import revocation
from vinculo.onboarding.domain.staff import StaffState
from vinculo.onboarding.storage.accounts import account_from_row, roles_of
from vinculo.onboarding.storage.staff import update_member
from vinculo.onboarding.storage.tables import accounts, session_families, staff
from vinculo.process import prune_statement

REUSE_GRACE: Final = timedelta(seconds=10)
_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 16


class SessionEnded(Exception):
    """The token is unknown, expired or reused, or its owner is blocked; not revealed which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedSubject:
    """`password_hash` is the one that the password was verified against."""

    subject: UUID
    kind: Literal["person", "staff"]
    password_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    subject: UUID
    roles: frozenset[Role]
    session_id: UUID
    refresh_token: str
    lapses_at: datetime
    registry_version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Names such as `Firefox` and `Android`; None where they are not known."""

    browser: str | None = None
    system: str | None = None


UNKNOWN_DEVICE: Final = Device()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSession:
    """`opened_at` is None for sessions from before it was stored."""

    session_id: UUID
    device: Device
    opened_at: datetime | None
    last_used_at: datetime
    lapses_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOwner:
    """`ends_at` is the latest end of the session, however much it is used."""

    staff_email: str | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """`revocations` may be ahead of what the registry's topic has brought into the accounts."""

    store: PostgresEventStore
    revocations: RevocationList
    clock: Callable[[], datetime]
    longest: timedelta
    idle: timedelta

    async def open(
        self, authenticated: AuthenticatedSubject, device: Device = UNKNOWN_DEVICE
    ) -> OpenSession:
        """Raises SessionEnded if the owner was blocked, or the password was changed meanwhile."""
        now = self.clock()
        family_id, secret = uuid4(), secrets.token_bytes(_SECRET_BYTES)
        async with self.store.transaction() as connection:
            owner = await self._find_owner(
                connection, authenticated.kind, authenticated.subject, lock=True
            )
            verified = authenticated.password_hash
            if owner is None or (verified is not None and owner.password_hash != verified):
                raise SessionEnded
            lapses_at = now + min(self.longest, self.idle)
            if authenticated.kind == "staff":
                await update_member(connection, authenticated.subject, last_sign_in_at=now)
            await connection.execute(
                insert(session_families).values(
                    family_id=family_id,
                    person_id=authenticated.subject if authenticated.kind == "person" else None,
                    staff_id=authenticated.subject if authenticated.kind == "staff" else None,
                    token_hash=_hash(secret),
                    rotated_at=now,
                    ends_at=now + self.longest,
                    lapses_at=lapses_at,
                    opened_at=now,
                    browser=device.browser,
                    system=device.system,
                )
            )
            expired = session_families.c.lapses_at <= now
            await connection.execute(prune_statement(session_families, expired))
        return OpenSession(
            subject=authenticated.subject,
            roles=owner.roles,
            session_id=family_id,
            refresh_token=_token(family_id, secret),
            lapses_at=lapses_at,
            registry_version=owner.registry_version,
        )

    async def refresh(self, token: str) -> OpenSession:
        """The session with a new token and the owner's current roles. Raises SessionEnded."""
        family_id, presented = _parse_token(token)
        secret = secrets.token_bytes(_SECRET_BYTES)
        async with self.store.transaction() as connection:
            family = (
                await connection.execute(
                    select(session_families)
                    .where(session_families.c.family_id == family_id)
                    .with_for_update()
                )
            ).one_or_none()
            refreshed = None
            if family is not None:
                refreshed = await self._rotate(connection, family, presented, secret)
                if refreshed is None:
                    ended = session_families.c.family_id == family_id
                    await end_families(self.store, connection, _subject(family), ended)
        if refreshed is None:
            raise SessionEnded
        return refreshed

    async def end(self, subject: UUID, session_id: UUID | None) -> None:
        """End a session; tokens of external issuers have none."""
        ended = _owned_by(subject) & (session_families.c.family_id == session_id)
        async with self.store.transaction() as connection:
            await end_families(self.store, connection, subject, ended)

    async def end_all(self, subject: UUID) -> None:
        async with self.store.transaction() as connection:
            await end_families(self.store, connection, subject, _owned_by(subject))

    async def of(self, subject: UUID) -> list[ListedSession]:
        """The sessions that have not ended, the one used last first."""
        statement = (
            select(session_families)
            .where(_owned_by(subject), session_families.c.lapses_at > self.clock())
            .order_by(session_families.c.rotated_at.desc(), session_families.c.family_id)
        )
        async with self.store.engine.connect() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            ListedSession(
                session_id=row.family_id,
                device=Device(browser=row.browser, system=row.system),
                opened_at=row.opened_at,
                last_used_at=row.rotated_at,
                lapses_at=row.lapses_at,
            )
            for row in rows
        ]

    async def owner_of(self, subject: UUID, session_id: UUID | None) -> SessionOwner:
        """What a signed-in client shows about its session; tokens of external issuers have none."""
        async with self.store.engine.connect() as connection:
            email: str | None = await connection.scalar(
                select(staff.c.email).where(staff.c.staff_id == subject)
            )
            ends_at: datetime | None = await connection.scalar(
                select(session_families.c.ends_at).where(session_families.c.family_id == session_id)
            )
        return SessionOwner(staff_email=email, ends_at=ends_at)

    async def _rotate(
        self, connection: AsyncConnection, family: Row[Any], presented: bytes, secret: bytes
    ) -> OpenSession | None:
        now = self.clock()
        if family.lapses_at <= now:
            return None
        is_current = hmac.compare_digest(family.token_hash, presented)
        if not is_current and not _in_grace(family, presented, now):
            structlog.get_logger().warning("refresh-token-reused", actor=str(_subject(family)))
            return None
        kind: Literal["person", "staff"] = "staff" if family.person_id is None else "person"
        owner = await self._find_owner(connection, kind, _subject(family), lock=False)
        if owner is None:
            return None
        lapses_at = min(now + self.idle, family.ends_at)
        changed = {"token_hash": _hash(secret), "lapses_at": lapses_at}
        if is_current:
            changed |= {"previous_hash": family.token_hash, "rotated_at": now}
        await connection.execute(
            update(session_families)
            .where(session_families.c.family_id == family.family_id)
            .values(**changed)
        )
        return OpenSession(
            subject=_subject(family),
            roles=owner.roles,
            session_id=family.family_id,
            refresh_token=_token(family.family_id, secret),
            lapses_at=lapses_at,
            registry_version=owner.registry_version,
        )

    async def _find_owner(
        self,
        connection: AsyncConnection,
        kind: Literal["person", "staff"],
        subject: UUID,
        *,
        lock: bool,
    ) -> "_Owner | None":
        """The owner as the registry has it: a revocation counts until the row has its version."""
        owner = await _find_owner(connection, kind, subject, lock=lock)
        revoked = self.revocations.of_subject(subject)
        if owner is None or (revoked.is_denied and revoked.version > owner.registry_version):
            return None
        if kind == "person" and revoked.roles_version > owner.registry_version:
            return replace(owner, roles=owner.roles & {Role.APPLICANT})
        return owner


async def end_sessions(
    store: PostgresEventStore,
    connection: AsyncConnection,
    person_id: UUID,
    *,
    but: UUID | None = None,
) -> None:
    """End the person's sessions in the caller's transaction, except `but`."""
    ended = session_families.c.person_id == person_id
    if but is not None:
        ended &= session_families.c.family_id != but
    await end_families(store, connection, person_id, ended)


async def end_families(
    store: PostgresEventStore,
    connection: AsyncConnection,
    subject: UUID,
    ended: ColumnElement[bool],
) -> None:
    """Delete these families of the subject, and publish that their access tokens are refused."""
    found = await connection.scalars(
        delete(session_families).where(ended).returning(session_families.c.family_id)
    )
    events = [revocation.SessionEnded(sid=family_id) for family_id in found.all()]
    await revoke_access(store, connection, subject, events)


@dataclass(frozen=True, slots=True)
class _Owner:
    password_hash: str
    roles: frozenset[Role]
    registry_version: int = 0


async def _find_owner(
    connection: AsyncConnection, kind: Literal["person", "staff"], subject: UUID, *, lock: bool
) -> _Owner | None:
    """The owner, if a session is allowed. With `lock`, a concurrent block waits, then ends it.

    Members of staff are locked for writing: the time of the sign-in is stored in their row.
    """
    if kind == "staff":
        is_active = staff.c.state == StaffState.ACTIVE.value
        statement = select(staff).where(staff.c.staff_id == subject, is_active)
    else:
        statement = select(accounts).where(accounts.c.person_id == subject)
    if lock:
        statement = statement.with_for_update(read=kind == "person")
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    if kind == "staff":
        return _Owner(row.password_hash, frozenset({Role(row.role)}))
    account = account_from_row(row)
    if not account.may_sign_in:
        return None
    return _Owner(row.password_hash, roles_of(account), account.registry_version)


def _owned_by(subject: UUID) -> ColumnElement[bool]:
    families = session_families.c
    return (families.person_id == subject) | (families.staff_id == subject)


def _subject(family: Row[Any]) -> UUID:
    subject: UUID = family.person_id or family.staff_id
    return subject


def _in_grace(family: Row[Any], presented: bytes, now: datetime) -> bool:
    return (
        family.previous_hash is not None
        and now - family.rotated_at < REUSE_GRACE
        and hmac.compare_digest(family.previous_hash, presented)
    )


def _token(family_id: UUID, secret: bytes) -> str:
    return base64.urlsafe_b64encode(family_id.bytes + secret).decode()


def _parse_token(token: str) -> tuple[UUID, bytes]:
    """Family id and hash of the secret. Raises SessionEnded."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise SessionEnded from None
    if len(raw) != _ID_BYTES + _SECRET_BYTES:
        raise SessionEnded
    return UUID(bytes=raw[:_ID_BYTES]), _hash(raw[_ID_BYTES:])


def _hash(secret: bytes) -> bytes:
    """Plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret).digest()
