"""Changes of a record's status by operators."""

from dataclasses import dataclass
from typing import assert_never

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.reevaluation import reevaluate
from vinculo.customer_registry.application.revocations import revoke_access
from vinculo.customer_registry.domain.customer import (
    Customer,
    CustomerState,
    ErasedRecord,
    NotRegistered,
    PreCustomer,
    Status,
)
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown, RecordIsErased
from vinculo.customer_registry.domain.revocation import revocations
from vinculo.customer_registry.domain.status_transitions import ChangeStatus
from vinculo.customer_registry.storage.people import lock_existing_person
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta
from vinculo.eventstore import LoadedState, execute, load, load_up_to_causation


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentStatus:
    """`version` is the record's status version."""

    status: Status
    version: int


async def change_status(
    dependencies: RegistryDependencies, command: ChangeStatus, *, meta: Meta
) -> CurrentStatus:
    """Change the status, then re-evaluate in the same transaction, which may promote the person.

    A repeated request, known by its causation id, gets the result of the first one.

    Raises:
        CustomerRefused: the person is unknown, the record is erased or has changed since it was
            read, or a rule forbids the change.

    """
    store, person_id, cause = dependencies.store, command.person_id, meta.causation_id
    async with store.transaction() as connection:
        person = await lock_existing_person(connection, person_id)
        if person is None:
            raise PersonIsUnknown
        repeated = cause and await load_up_to_causation(
            store, CUSTOMERS, person_id, cause, connection=connection
        )
        if repeated:
            return _current_status(repeated)
        before = await load(store, CUSTOMERS, person_id, connection=connection)
        if isinstance(before.state, NotRegistered):
            raise PersonIsUnknown
        if isinstance(before.state, ErasedRecord):
            raise RecordIsErased
        result = await execute(
            store,
            CUSTOMERS,
            person_id,
            command,
            encryptor=dependencies.keys,
            meta=meta,
            loaded=before,
            connection=connection,
        )
        revoked = revocations(before.state, result.events)
        await revoke_access(dependencies, connection, person_id, revoked, meta)
        after = await reevaluate(dependencies, connection, person, meta)
    return _current_status(after)


def _current_status(record: LoadedState[CustomerState]) -> CurrentStatus:
    match record.state:
        case PreCustomer(status=status) | Customer(status=status):
            return CurrentStatus(status=status, version=record.state.status_version)
        case NotRegistered() | ErasedRecord():
            raise RecordIsErased
        case _:
            assert_never(record.state)
