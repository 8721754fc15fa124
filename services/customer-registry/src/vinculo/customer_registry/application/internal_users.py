"""Grants and revocations of internal users by administrators."""

from dataclasses import dataclass

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.revocations import revoke_access
from vinculo.customer_registry.domain.customer import Customer, CustomerState, InternalRole
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown
from vinculo.customer_registry.domain.internal_users import InternalUserCommand
from vinculo.customer_registry.domain.revocation import revocations
from vinculo.customer_registry.storage.people import lock_existing_person
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta
from vinculo.eventstore import execute, load, load_up_to_causation


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentRole:
    """`role` is None for a person who is not an internal user; `version` is the status version."""

    role: InternalRole | None
    version: int


async def change_internal_user(
    dependencies: RegistryDependencies,
    command: InternalUserCommand,
    *,
    meta: Meta,
) -> CurrentRole:
    """Grant or revoke. A repeated request, known by its causation id, gets the first result.

    Raises:
        CustomerRefused: the person is unknown, the record is erased or has changed since it was
            read, or a rule forbids the change.

    """
    store, person_id, cause = dependencies.store, command.person_id, meta.causation_id
    async with store.transaction() as connection:
        if await lock_existing_person(connection, person_id) is None:
            raise PersonIsUnknown
        repeated = cause and await load_up_to_causation(
            store, CUSTOMERS, person_id, cause, connection=connection
        )
        if repeated:
            return _current_role(repeated.state)
        before = await load(store, CUSTOMERS, person_id, connection=connection)
        result = await execute(
            store,
            CUSTOMERS,
            person_id,
            command,
            meta=meta,
            loaded=before,
            connection=connection,
        )
        revoked = revocations(before.state, result.events)
        await revoke_access(dependencies, connection, person_id, revoked, meta)
    return _current_role(result.state)


def _current_role(state: CustomerState) -> CurrentRole:
    role = state.internal_role if isinstance(state, Customer) else None
    return CurrentRole(role=role, version=state.status_version)
