"""What a person's facts lead to: activation, a recorded evaluation, promotion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.domain.customer import (
    Customer,
    CustomerState,
    ErasedRecord,
    NotRegistered,
    PreCustomer,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import (
    ActivatePreCustomer,
    CustomerCommand,
    Promote,
    RecordEvaluation,
)
from vinculo.customer_registry.domain.requirements import Evaluation
from vinculo.customer_registry.evaluation.evaluation import ActivePolicy, evaluate
from vinculo.customer_registry.evaluation.facts import decrypt_facts
from vinculo.customer_registry.storage.people import Person, save_person
from vinculo.customer_registry.storage.policies import lock_policy_for_share
from vinculo.customer_registry.storage.streams import CUSTOMERS
from vinculo.events import Meta, uuid7
from vinculo.eventstore import LoadedState, execute, load


def is_registered(state: CustomerState) -> bool:
    return not isinstance(state, NotRegistered | ErasedRecord)


def outstanding_activation(
    state: CustomerState, *, email_verified: bool, now: datetime
) -> list[CustomerCommand]:
    """Who verified the address while blocked is activated once unblocked: the link works once."""
    match state:
        case PreCustomer(
            status=Status.PENDING_EMAIL_VERIFICATION | Status.DISABLED, activated=False
        ) if email_verified:
            return [ActivatePreCustomer(now=now)]
        case _:
            return []


def awaiting_activation_since(state: CustomerState) -> datetime | None:
    """None for a record that does not wait for its activation."""
    match state:
        case PreCustomer(status=Status.PENDING_EMAIL_VERIFICATION, waiting_since=since):
            return since
        case _:
            return None


def commands_after_evaluation(
    state: CustomerState,
    evaluation: Evaluation,
    *,
    completed_at: datetime | None,
    customer_id: UUID,
    now: datetime,
) -> list[CustomerCommand]:
    """Record the outcome; promote who is pending, met everything and completed the onboarding."""
    match state:
        case PreCustomer(status=Status.PENDING, activated=True) if (
            evaluation.all_met and completed_at is not None
        ):
            return [
                RecordEvaluation(evaluation=evaluation, now=now),
                Promote(
                    customer_id=customer_id,
                    evaluation=evaluation,
                    completed_at=completed_at,
                    now=now,
                ),
            ]
        case PreCustomer() | Customer():
            return [RecordEvaluation(evaluation=evaluation, now=now)]
        case _:
            return []


log = structlog.get_logger()


async def reevaluate(
    registry: RegistryDependencies, connection: AsyncConnection, person: Person, meta: Meta
) -> LoadedState[CustomerState]:
    """Evaluate the person, append what follows, and keep the row. The caller holds its lock."""
    loaded = await load(registry.store, CUSTOMERS, person.person_id, connection=connection)
    if is_registered(loaded.state):
        settling = _Settling(registry, connection, person, meta)
        loaded = await settling.activate(loaded)
        policy = await lock_policy_for_share(connection, person.project) if person.project else None
        if policy is not None:
            loaded = await settling.record(loaded, await settling.evaluate(policy))
            person = replace(person, evaluated_version=policy.policy_version)
    person = replace(person, waiting_since=awaiting_activation_since(loaded.state))
    await save_person(connection, person)
    return loaded


@dataclass(frozen=True, slots=True)
class _Settling:
    registry: RegistryDependencies
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

        facts = await decrypt_facts(
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
        commands = commands_after_evaluation(
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
