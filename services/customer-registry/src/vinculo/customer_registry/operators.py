"""Operators' moves of a record's status."""

from dataclasses import dataclass
from typing import assert_never

from vinculo.customer_registry.categories import CUSTOMERS
from vinculo.customer_registry.domain.customer import (
    Customer,
    CustomerState,
    ErasedRecord,
    NotRegistered,
    PreCustomer,
)
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown, RecordIsErased
from vinculo.customer_registry.domain.status import Status
from vinculo.customer_registry.domain.status_moves import ChangeStatus
from vinculo.customer_registry.people import lock_known_person
from vinculo.customer_registry.registry import Registry
from vinculo.customer_registry.settling import settle
from vinculo.events import Meta
from vinculo.eventstore import LoadedState, execute, load, load_up_to_causation


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    status: Status
    version: int


async def change_status(
    registry: Registry, command: ChangeStatus, *, expected_version: int, meta: Meta
) -> Moved:
    """Move the record, and promote it in the same transaction if the move makes that possible.

    With a causation id, a request that comes again is answered as the first time.
    """
    cause = meta.causation_id
    async with registry.store.transaction() as connection:
        person = await lock_known_person(connection, command.person_id)
        if person is None:
            raise PersonIsUnknown
        done = cause and await load_up_to_causation(
            registry.store, CUSTOMERS, command.person_id, cause, connection=connection
        )
        if done:
            return _moved(done)
        before = await load(registry.store, CUSTOMERS, command.person_id, connection=connection)
        if isinstance(before.state, NotRegistered):
            raise PersonIsUnknown
        if isinstance(before.state, ErasedRecord):
            raise RecordIsErased
        await execute(
            registry.store,
            CUSTOMERS,
            command.person_id,
            command,
            sealer=registry.keys,
            meta=meta,
            expected_version=expected_version,
            loaded=before,
            connection=connection,
        )
        after = await settle(registry, connection, person, meta)
    return _moved(after)


def _moved(record: LoadedState[CustomerState]) -> Moved:
    match record.state:
        case PreCustomer(status=status) | Customer(status=status):
            return Moved(status=status, version=record.version)
        case NotRegistered() | ErasedRecord():
            raise RecordIsErased
        case _:
            assert_never(record.state)
