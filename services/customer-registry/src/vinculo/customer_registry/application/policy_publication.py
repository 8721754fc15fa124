"""Publishes the configured promotion policies."""

from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.domain.policy import PolicyEvent, PolicyState, PublishPolicy
from vinculo.customer_registry.evaluation.policy_file import ProjectPolicies
from vinculo.customer_registry.storage.policies import save_policy
from vinculo.customer_registry.storage.streams import POLICIES, policy_stream
from vinculo.eventstore import CommandResult, execute
from vinculo.process import Backoff, run_with_retries

BACKOFF: Final = Backoff(initial_seconds=0.5, max_seconds=5.0)

log = structlog.get_logger()


async def publish_policies(
    dependencies: RegistryDependencies, configured: ProjectPolicies
) -> list[str]:
    """Publish the policies that differ from the active ones; return the projects of these."""
    changed = []
    for project, (policy, requirements) in configured.by_project.items():
        command = PublishPolicy(
            project=project,
            policy=policy,
            requirements=requirements,
            by=None,
            now=dependencies.clock(),
        )
        result = await execute(
            dependencies.store, POLICIES, policy_stream(project), command, on_appended=_activate
        )
        if result.events:
            changed.append(project)
            log.info("policy-published", project=project, policy=policy)
    return changed


async def publish_policies_with_retries(
    dependencies: RegistryDependencies, configured: ProjectPolicies, backoff: Backoff = BACKOFF
) -> None:
    """Publish the policies, however long the database is unavailable."""

    async def publish() -> None:
        await publish_policies(dependencies, configured)

    await run_with_retries(publish, task="publish-policies", backoff=backoff)


async def _activate(
    connection: AsyncConnection, result: CommandResult[PolicyState, PolicyEvent]
) -> None:
    for event in result.events:
        await save_policy(connection, event)
