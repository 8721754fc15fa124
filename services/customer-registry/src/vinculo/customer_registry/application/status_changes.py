"""Operators' moves of a record's status."""

from dataclasses import dataclass
from typing import assert_never

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.reevaluation import reevaluate
from vinculo.customer_registry.domain.customer import (
    Customer,
    CustomerState,
    ErasedRecord,
    NotRegistered,
    PreCustomer,
    Status,
)
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown, RecordIsErased
from vinculo.customer_registry.domain.status_transitions import ChangeStatus
from vinculo.customer_registry.storage.people import lock_existing_person
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta
from vinculo.eventstore import LoadedState, execute, load, load_up_to_causation


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentStatus:
    status: Status
    version: int


async def change_status(
    registry: RegistryDependencies, command: ChangeStatus, *, expected_version: int, meta: Meta
) -> CurrentStatus:
    """Move the record, and promote it in the same transaction if the move makes that possible.

    With a causation id, a request that comes again is answered as the first time.
    """
    cause = meta.causation_id
    async with registry.store.transaction() as connection:
        person = await lock_existing_person(connection, command.person_id)
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
        after = await reevaluate(registry, connection, person, meta)
    return _moved(after)


def _moved(record: LoadedState[CustomerState]) -> CurrentStatus:
    match record.state:
        case PreCustomer(status=status) | Customer(status=status):
            return CurrentStatus(status=status, version=record.version)
        case NotRegistered() | ErasedRecord():
            raise RecordIsErased
        case _:
            assert_never(record.state)
