"""Publishing the configured policies, and sweeping everyone who was not yet held against them."""

import asyncio
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.reevaluation import reevaluate
from vinculo.customer_registry.domain.policy import PolicyEvent, PolicyState, PublishPolicy
from vinculo.customer_registry.evaluation.policy_file import ProjectPolicies
from vinculo.customer_registry.storage.people import (
    lock_existing_person,
    people_with_outdated_evaluation,
)
from vinculo.customer_registry.storage.policies import active_versions, save_policy
from vinculo.customer_registry.storage.streams import POLICIES, policy_stream
from vinculo.events import Meta
from vinculo.eventstore import CommandResult, execute

PAGE = 500
BEGINNING = (0, UUID(int=0))

log = structlog.get_logger()


async def publish_policies(
    registry: RegistryDependencies, configured: ProjectPolicies
) -> list[str]:
    """Publish each project's policy where it differs from the active one; give those projects."""
    changed = []
    for project, (policy, requirements) in configured.by_project.items():
        command = PublishPolicy(
            project=project,
            policy=policy,
            requirements=requirements,
            by=None,
            now=registry.clock(),
        )
        outcome = await execute(
            registry.store, POLICIES, policy_stream(project), command, on_appended=_activate
        )
        if outcome.events:
            changed.append(project)
            log.info("policy-published", project=project, policy=policy)
    return changed


async def sweep(registry: RegistryDependencies) -> int:
    """Evaluate all whose evaluated version is not the active one; give how many were.

    One transaction per person, so that it may be ended and begun again at any moment. Who cannot
    be evaluated is counted, logged, passed by and met by the next sweep.
    """
    async with registry.store.engine.connect() as connection:
        versions = await active_versions(connection)
    return sum([await _sweep_project(registry, project, version) for project, version in versions])


async def _sweep_project(registry: RegistryDependencies, project: str, version: int) -> int:
    swept = 0
    after = BEGINNING
    while True:
        async with registry.store.engine.connect() as connection:
            page = await people_with_outdated_evaluation(
                connection, project, before_version=version, after=after, limit=PAGE
            )
        if not page:
            return swept
        for _, person_id in page:
            swept += await _evaluate_again(registry, person_id)
        after = page[-1]


async def keep_sweeping(registry: RegistryDependencies, pause_seconds: float) -> None:
    """Run until cancelled: a policy may be published by another process, and a sweep may fail."""
    while True:
        try:
            swept = await sweep(registry)
        except Exception:
            registry.metrics.sweep_failures.inc()
            log.exception("sweep-failed")
        else:
            if swept:
                log.info("sweep-done", count=swept)
        await asyncio.sleep(pause_seconds)


async def _evaluate_again(registry: RegistryDependencies, person_id: UUID) -> int:
    try:
        async with registry.store.transaction() as connection:
            person = await lock_existing_person(connection, person_id)
            if person is None or person.erased_at is not None:
                return 0
            await reevaluate(registry, connection, person, Meta())
    except Exception:
        registry.metrics.sweep_failures.inc()
        log.exception("person-not-evaluated", person_id=person_id)
        return 0
    registry.metrics.swept.inc()
    return 1


async def _activate(
    connection: AsyncConnection, outcome: CommandResult[PolicyState, PolicyEvent]
) -> None:
    for event in outcome.events:
        await save_policy(connection, event)
