"""Taking a document over from an application that was never activated and has lapsed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import Category, PostgresEventStore, execute
from vinculo.onboarding.domain.activation_decisions import TakeOverReservation
from vinculo.onboarding.domain.application import Application, ApplicationEvent
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.storage.identity_reservations import move_reservation


class ReservationLost(Exception):
    """Somebody else took the document over at the same time."""


async def take_over(
    store: PostgresEventStore,
    applications: Category[ApplicationCommand, Application, ApplicationEvent],
    connection: AsyncConnection,
    identity_hash: bytes,
    *,
    previous: UUID,
    person_id: UUID,
    now: datetime,
    meta: Meta,
) -> None:
    """End the lapsed application of `previous`, then move its reservation, in one transaction.

    Its stream decides: whoever uses its link, takes it over or erases it meanwhile appends there
    too, and of all these one wins. The stream comes first, as in an erasure, or the two would wait
    for each other's rows. Raises ReservationLost, ApplicationRefused, VersionConflict.
    """
    outcome = await execute(
        store,
        applications,
        previous,
        TakeOverReservation(now=now),
        meta=meta,
        connection=connection,
    )
    if not outcome.events or not await move_reservation(
        connection, identity_hash, previous=previous, person_id=person_id
    ):
        raise ReservationLost
