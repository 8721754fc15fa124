"""Re-evaluates a person with the active policy, and appends what follows from the result.

Consumers, status changes and sweeps all end with this use case, in their own transaction and under
the lock of the person's row.
"""

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

log = structlog.get_logger()


async def reevaluate(
    dependencies: RegistryDependencies, connection: AsyncConnection, person: Person, meta: Meta
) -> LoadedState[CustomerState]:
    """Evaluate the person, append the resulting events and save the row.

    The caller holds the lock of the row. Returns the state of the record afterwards.
    """
    loaded = await load(dependencies.store, CUSTOMERS, person.person_id, connection=connection)
    if is_registered(loaded.state):
        reevaluation = _Reevaluation(dependencies, connection, person, meta)
        loaded = await reevaluation.activate(loaded)
        policy = await lock_policy_for_share(connection, person.project) if person.project else None
        if policy is not None:
            evaluation = await evaluate_person(dependencies, person, policy)
            loaded = await reevaluation.record(loaded, evaluation)
            person = replace(person, evaluated_version=policy.policy_version)
    waiting_since = awaiting_activation_since(loaded.state, person.last_link_issued_at)
    person = replace(person, waiting_since=waiting_since)
    await save_person(connection, person)
    return loaded


@dataclass(frozen=True, slots=True)
class _Reevaluation:
    dependencies: RegistryDependencies
    connection: AsyncConnection
    person: Person
    meta: Meta

    async def activate(self, loaded: LoadedState[CustomerState]) -> LoadedState[CustomerState]:
        commands = outstanding_activation(
            loaded.state,
            email_verified=is_activated(self.person),
            project=self.person.project,
            now=self.dependencies.clock(),
        )
        return await self._execute(loaded, commands)

    async def record(
        self, loaded: LoadedState[CustomerState], evaluation: Evaluation
    ) -> LoadedState[CustomerState]:
        commands = commands_after_evaluation(
            loaded.state,
            evaluation,
            completed_at=self.person.completed_at,
            customer_id=uuid7(),
            now=self.dependencies.clock(),
        )
        recorded = await self._execute(loaded, commands)
        if isinstance(recorded.state, Customer) and isinstance(loaded.state, PreCustomer):
            self.dependencies.metrics.promotions.inc()
        return recorded

    async def _execute(
        self, loaded: LoadedState[CustomerState], commands: Sequence[CustomerCommand]
    ) -> LoadedState[CustomerState]:
        for command in commands:
            result = await execute(
                self.dependencies.store,
                CUSTOMERS,
                self.person.person_id,
                command,
                encryptor=self.dependencies.keys,
                meta=self.meta,
                loaded=loaded,
                connection=self.connection,
            )
            loaded = LoadedState(result.state, result.version)
        return loaded


async def evaluate_person(
    dependencies: RegistryDependencies, person: Person, policy: ActivePolicy
) -> Evaluation:
    """Evaluate the policy on the known facts as of today."""

    def on_error(requirement: str, reason: str) -> None:
        dependencies.metrics.rule_errors.labels(requirement).inc()
        log.error("rule-failed", requirement=requirement, reason=reason, project=policy.project)

    facts = await decrypt_facts(
        person.facts,
        policy.declared_facts,
        person_id=person.person_id,
        keys=dependencies.keys,
        today=dependencies.today(),
    )
    return evaluate(policy, facts, dependencies.rules, on_error)


def is_registered(state: CustomerState) -> bool:
    return not isinstance(state, NotRegistered | ErasedRecord)


def is_activated(person: Person) -> bool:
    """Whether a submission of the person was activated, whatever the record's status is."""
    return "email_verified" in person.facts


def outstanding_activation(
    state: CustomerState, *, email_verified: bool, project: str | None, now: datetime
) -> list[CustomerCommand]:
    """The activation of a person who verified the address while the record was blocked.

    The activation link works once, so nothing else would activate the record after unblocking.
    """
    match state:
        case PreCustomer(
            status=Status.PENDING_EMAIL_VERIFICATION | Status.DISABLED, activated=False
        ) if email_verified:
            return [ActivatePreCustomer(project=project, now=now)]
        case _:
            return []


def awaiting_activation_since(
    state: CustomerState, last_link_issued_at: datetime | None
) -> datetime | None:
    """When the wait began, or the last link was issued; None for a record that does not wait."""
    match state:
        case PreCustomer(status=Status.PENDING_EMAIL_VERIFICATION, waiting_since=since):
            return since if last_link_issued_at is None else max(since, last_link_issued_at)
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
    """Record the evaluation; also promote a pending pre-customer who meets all requirements.

    Promotion requires the completed onboarding, whatever the policy says.
    """
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
