"""Sweeps over people: re-evaluation after a new policy, and activations that have lapsed.

A sweep uses one transaction per person, so it may be interrupted and repeated at any time. A person
for whom it fails is counted, logged and skipped; the next sweep tries again.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeAlias
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.reevaluation import reevaluate
from vinculo.customer_registry.domain.customer_decisions import LapseActivation
from vinculo.customer_registry.storage.people import (
    BEFORE_ANY_EVALUATION,
    BEFORE_ANY_WAIT,
    Person,
    lock_existing_person,
    people_awaiting_activation,
    people_with_outdated_evaluation,
)
from vinculo.customer_registry.storage.policies import active_versions
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta
from vinculo.eventstore import execute

POLICY_REEVALUATION: Final = "policy-reevaluation"
ACTIVATION_LAPSE: Final = "activation-lapse"
"""Names of the periodic jobs."""
PAGE_SIZE: Final = 500

Change: TypeAlias = Callable[[AsyncConnection, Person], Awaitable[int]]
"""Changes a locked person; returns 1 when the person counts as changed, else 0."""

log = structlog.get_logger()


async def reevaluate_outdated_people(dependencies: RegistryDependencies) -> int:
    """Re-evaluate all people last evaluated with an older policy; return how many."""

    async def change(connection: AsyncConnection, person: Person) -> int:
        await reevaluate(dependencies, connection, person, Meta())
        return 1

    async with dependencies.store.engine.connect() as connection:
        versions = await active_versions(connection)
    count = 0
    for project, version in versions:
        after = BEFORE_ANY_EVALUATION
        while True:
            async with dependencies.store.engine.connect() as connection:
                page = await people_with_outdated_evaluation(
                    connection, project, before_version=version, after=after, limit=PAGE_SIZE
                )
            if not page:
                break
            for _, person_id in page:
                changed = await _change_person(dependencies, POLICY_REEVALUATION, person_id, change)
                dependencies.metrics.reevaluated_people.inc(changed)
                count += changed
            after = page[-1]
    if count:
        log.info("people-reevaluated", count=count)
    return count


async def lapse_activations(dependencies: RegistryDependencies, lapses_after: timedelta) -> int:
    """Disable the records that have awaited activation for that long; return how many.

    The wait counts from the last link issued, which may have been heard since the page was read.
    """
    now = dependencies.clock()
    waiting_since = now - lapses_after

    async def change(connection: AsyncConnection, person: Person) -> int:
        if person.waiting_since is None or person.waiting_since > waiting_since:
            return 0
        result = await execute(
            dependencies.store,
            CUSTOMERS,
            person.person_id,
            LapseActivation(waiting_since=waiting_since, now=now),
            connection=connection,
        )
        await reevaluate(dependencies, connection, person, Meta())
        return len(result.events)

    count = 0
    after = BEFORE_ANY_WAIT
    while True:
        async with dependencies.store.engine.connect() as connection:
            page = await people_awaiting_activation(
                connection, waiting_since=waiting_since, after=after, limit=PAGE_SIZE
            )
        if not page:
            break
        for _, person_id in page:
            count += await _change_person(dependencies, ACTIVATION_LAPSE, person_id, change)
        after = page[-1]
    if count:
        log.info("activations-lapsed", count=count)
    return count


async def _change_person(
    dependencies: RegistryDependencies, job: str, person_id: UUID, change: Change
) -> int:
    """The result of `change` for the locked person; 0 when it failed, or the person is erased."""
    try:
        async with dependencies.store.transaction() as connection:
            person = await lock_existing_person(connection, person_id)
            if person is None or person.erased_at is not None:
                return 0
            return await change(connection, person)
    except Exception:
        dependencies.metrics.skipped_people.labels(job).inc()
        log.exception("person-skipped-by-sweep", job=job, person_id=person_id)
        return 0
