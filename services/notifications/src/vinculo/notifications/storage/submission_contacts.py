"""Contacts of the submissions of a person that are open, as the envelopes in which they arrived."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.notifications.storage.recipients import Recipient, ReplaceablePart, StoredEnvelope
from vinculo.notifications.storage.tables import submission_contacts as contacts


async def save_submission_contact(
    connection: AsyncConnection, submission_id: UUID, recipient: Recipient, *, received_at: datetime
) -> None:
    values = {
        "received_at": received_at,
        "project": recipient.project,
        "locale": recipient.locale,
        "envelope": recipient.registered.content,
        "envelope_event_id": recipient.registered.event_id,
    }
    await connection.execute(
        insert(contacts)
        .values(person_id=recipient.person_id, submission_id=submission_id, **values)
        .on_conflict_do_update(index_elements=["person_id", "submission_id"], set_=values)
    )


async def identify_first_submission(
    connection: AsyncConnection, person_id: UUID, submission_id: UUID
) -> None:
    """Give a submission from before submissions were distinguished its id.

    Every other submission was received before an event that names it.
    """
    known = select(contacts.c.person_id).where(
        contacts.c.person_id == person_id, contacts.c.submission_id == submission_id
    )
    await connection.execute(
        update(contacts)
        .where(
            contacts.c.person_id == person_id,
            contacts.c.submission_id == person_id,
            ~known.exists(),
        )
        .values(submission_id=submission_id)
    )


async def save_corrected_email(
    connection: AsyncConnection,
    person_id: UUID,
    submission_id: UUID | None,
    envelope: StoredEnvelope,
) -> None:
    """Replace the address of a submission; of the first one where none is named."""
    first = (
        select(contacts.c.submission_id)
        .where(contacts.c.person_id == person_id)
        .order_by(contacts.c.received_at)
        .limit(1)
        .scalar_subquery()
    )
    await connection.execute(
        update(contacts)
        .where(
            contacts.c.person_id == person_id,
            contacts.c.submission_id == (first if submission_id is None else submission_id),
        )
        .values(email_envelope=envelope.content, email_envelope_event_id=envelope.event_id)
    )


async def find_submission_contact(
    connection: AsyncConnection, person_id: UUID, submission_id: UUID
) -> Recipient | None:
    """None for a submission that has ended."""
    found = await connection.execute(
        select(contacts).where(
            contacts.c.person_id == person_id, contacts.c.submission_id == submission_id
        )
    )
    row = found.mappings().first()
    if row is None:
        return None
    replaced: Mapping[ReplaceablePart, StoredEnvelope] = {}
    if row["email_envelope"] is not None:
        email = StoredEnvelope(
            content=row["email_envelope"], event_id=row["email_envelope_event_id"]
        )
        replaced = {ReplaceablePart.EMAIL: email}
    return Recipient(
        person_id=person_id,
        locale=row["locale"],
        registered=StoredEnvelope(content=row["envelope"], event_id=row["envelope_event_id"]),
        replaced=replaced,
        project=row["project"],
    )


async def open_submissions(connection: AsyncConnection, person_id: UUID) -> list[UUID]:
    """The ids of the open submissions, the newest first."""
    statement = (
        select(contacts.c.submission_id)
        .where(contacts.c.person_id == person_id)
        .order_by(contacts.c.received_at.desc(), contacts.c.envelope_event_id.desc())
    )
    return list((await connection.execute(statement)).scalars())


async def delete_submission_contacts(
    connection: AsyncConnection, person_id: UUID, submission_id: UUID | None = None
) -> None:
    """Delete the contacts of one submission, by default those of all of the person."""
    statement = delete(contacts).where(contacts.c.person_id == person_id)
    if submission_id is not None:
        statement = statement.where(contacts.c.submission_id == submission_id)
    await connection.execute(statement)
