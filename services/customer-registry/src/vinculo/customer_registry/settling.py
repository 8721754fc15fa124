"""Holding a person's facts against the active policy, under the lock of the person's row.

Consumers, operators' moves and sweeps all end here, in their own transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.active_policies import share_policy
from vinculo.customer_registry.categories import CUSTOMERS
from vinculo.customer_registry.domain.customer import Customer, CustomerState, PreCustomer
from vinculo.customer_registry.domain.customer_decisions import CustomerCommand
from vinculo.customer_registry.domain.requirements import Evaluation
from vinculo.customer_registry.evaluation import ActivePolicy, evaluate
from vinculo.customer_registry.opening import known_facts
from vinculo.customer_registry.people import Person, save_person
from vinculo.customer_registry.reactions import (
    after_evaluation,
    is_registered,
    outstanding_activation,
    waiting_since,
)
from vinculo.customer_registry.registry import Registry
from vinculo.events import Meta, uuid7
from vinculo.eventstore import LoadedState, execute, load

log = structlog.get_logger()


async def settle(
    registry: Registry, connection: AsyncConnection, person: Person, meta: Meta
) -> LoadedState[CustomerState]:
    """Evaluate the person, append what follows, and keep the row. The caller holds its lock."""
    loaded = await load(registry.store, CUSTOMERS, person.person_id, connection=connection)
    if is_registered(loaded.state):
        settling = _Settling(registry, connection, person, meta)
        loaded = await settling.activate(loaded)
        policy = await share_policy(connection, person.project) if person.project else None
        if policy is not None:
            loaded = await settling.record(loaded, await settling.evaluate(policy))
            person = replace(person, evaluated_version=policy.policy_version)
    person = replace(person, waiting_since=waiting_since(loaded.state))
    await save_person(connection, person)
    return loaded


@dataclass(frozen=True, slots=True)
class _Settling:
    registry: Registry
    connection: AsyncConnection
    person: Person
    meta: Meta

    async def activate(self, loaded: LoadedState[CustomerState]) -> LoadedState[CustomerState]:
        commands = outstanding_activation(
            loaded.state,
            email_verified="email_verified" in self.person.facts,
            now=self.registry.clock(),
        )
        return await self._execute(loaded, commands)

    async def evaluate(self, policy: ActivePolicy) -> Evaluation:
        def error_seen(requirement: str, reason: str) -> None:
            self.registry.metrics.rule_errors.labels(requirement).inc()
            log.error("rule-failed", requirement=requirement, reason=reason, project=policy.project)

        facts = await known_facts(
            self.person.facts,
            policy.declared_facts,
            person_id=self.person.person_id,
            keys=self.registry.keys,
            today=self.registry.today(),
        )
        return evaluate(policy, facts, self.registry.rules, error_seen)

    async def record(
        self, loaded: LoadedState[CustomerState], evaluation: Evaluation
    ) -> LoadedState[CustomerState]:
        commands = after_evaluation(
            loaded.state,
            evaluation,
            completed_at=self.person.completed_at,
            customer_id=uuid7(),
            now=self.registry.clock(),
        )
        recorded = await self._execute(loaded, commands)
        if isinstance(recorded.state, Customer) and isinstance(loaded.state, PreCustomer):
            self.registry.metrics.promotions.inc()
        return recorded

    async def _execute(
        self, loaded: LoadedState[CustomerState], commands: Sequence[CustomerCommand]
    ) -> LoadedState[CustomerState]:
        for command in commands:
            outcome = await execute(
                self.registry.store,
                CUSTOMERS,
                self.person.person_id,
                command,
                sealer=self.registry.keys,
                meta=self.meta,
                loaded=loaded,
                connection=self.connection,
            )
            loaded = LoadedState(outcome.state, outcome.version)
        return loaded
