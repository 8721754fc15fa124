"""Records what credit systems report in streams of the registry, and counts each person's loans.

The caller has locked what the credit system numbers, then the people concerned.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.reevaluation import reevaluate
from vinculo.customer_registry.domain.credit import (
    CreditApplicationMovedAway,
    CreditApplicationRecorded,
    CreditLimitRecorded,
    CreditMovedAway,
    CreditRecorded,
    LoanMovedAway,
    LoanRecorded,
    version_of,
)
from vinculo.customer_registry.domain.credit_decisions import (
    CreditCommand,
    MoveAway,
    RecordReport,
)
from vinculo.customer_registry.domain.credit_refusal import CreditReportRefused, PublishRefusal
from vinculo.customer_registry.evaluation.facts import ClearFact
from vinculo.customer_registry.storage.credit import (
    CreditKey,
    Ownership,
    count_active_loans,
    delete_application,
    delete_loan,
    find_application,
    find_loan,
    lock_credit,
    save_application,
    save_loan,
)
from vinculo.customer_registry.storage.people import Person, lock_or_insert_person
from vinculo.customer_registry.storage.streams import (
    CREDIT_REFUSALS,
    CREDITS,
    credit_refusal_stream,
    credit_stream,
)
from vinculo.events import Meta
from vinculo.eventstore import execute

ACTIVE_LOANS = "active_loans"


async def lock_concerned(
    connection: AsyncConnection, reports: Iterable[tuple[UUID, CreditRecorded]]
) -> None:
    """Lock what is reported, then the people of the reports and those who had it before.

    Both are locked in one order, so that transactions with several reports do not wait for each
    other in a circle. A limit is of one person, whose lock is enough.
    """
    listed = list(reports)
    keys = [key_of(report) for _, report in listed if not isinstance(report, CreditLimitRecorded)]
    await lock_credit(connection, keys)
    people = {person_id for person_id, _ in listed}
    for _, report in listed:
        owner = await _owner(connection, report)
        if owner is not None:
            people.add(owner.person_id)
    for person_id in sorted(people):
        await lock_or_insert_person(connection, person_id)


async def record_report(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    person_id: UUID,
    report: CreditRecorded,
    *,
    event_id: UUID,
    meta: Meta,
) -> None:
    """Append the report to the person's stream, and end the stream of the person before.

    A report that is older than that of the person who has it now appends nothing, and nothing is
    recorded for an erased person. `event_id` is the report's.
    """
    recorder = _Recorder(dependencies, connection, event_id, meta)
    person = await lock_or_insert_person(connection, person_id)
    owner = await _owner(connection, report)
    is_newer = owner is None or version_of(report) > owner.version
    if owner is not None and owner.person_id != person_id:
        if not is_newer:
            await recorder.count_loans(person)
            return
        await recorder.move_away(owner.person_id, person_id, report)
    if person.erased_at is None:
        await recorder.execute(person_id, report, RecordReport(report))
        await _save(connection, person_id, report)
        await recorder.count_loans(person)


async def publish_refusal(
    dependencies: RegistryDependencies,
    connection: AsyncConnection,
    refusal: CreditReportRefused,
    event_key: str,
) -> bool:
    """Publish the refusal of a record; False if it was published at an earlier reading."""
    stream = credit_refusal_stream(refusal.topic, refusal.partition, refusal.offset, event_key)
    result = await execute(
        dependencies.store,
        CREDIT_REFUSALS,
        stream,
        PublishRefusal(refusal),
        connection=connection,
    )
    return bool(result.events)


def key_of(report: CreditRecorded) -> CreditKey:
    match report:
        case LoanRecorded():
            return CreditKey("loan", report.source, report.loan_id)
        case CreditApplicationRecorded():
            return CreditKey("application", report.source, report.application_id)
        case CreditLimitRecorded():
            return CreditKey("limit", report.source, "")
        case _:
            assert_never(report)


class _Recorder:
    """Appends and re-evaluates because of one report."""

    def __init__(
        self,
        dependencies: RegistryDependencies,
        connection: AsyncConnection,
        event_id: UUID,
        meta: Meta,
    ) -> None:
        self._dependencies = dependencies
        self._connection = connection
        self._event_id = event_id
        self._meta = meta

    async def execute(
        self, person_id: UUID, report: CreditRecorded, command: CreditCommand
    ) -> None:
        await execute(
            self._dependencies.store,
            CREDITS,
            credit_stream(key_of(report), person_id),
            command,
            subject=person_id,
            meta=self._meta,
            connection=self._connection,
        )

    async def move_away(self, owner_id: UUID, person_id: UUID, report: CreditRecorded) -> None:
        moved = _moved_away(report, person_id)
        if moved is None:
            return
        await self.execute(owner_id, report, MoveAway(moved))
        await _forget(self._connection, report)
        await self.count_loans(await lock_or_insert_person(self._connection, owner_id))

    async def count_loans(self, person: Person) -> None:
        """Update the fact, and re-evaluate the person if it changes."""
        if person.erased_at is not None:
            return
        active = await count_active_loans(self._connection, person.person_id)
        known = person.facts.get(ACTIVE_LOANS)
        if isinstance(known, ClearFact) and known.value == active:
            return
        counted = {**person.facts, ACTIVE_LOANS: ClearFact(active, self._event_id)}
        await reevaluate(
            self._dependencies, self._connection, replace(person, facts=counted), self._meta
        )


def _moved_away(report: CreditRecorded, to_person_id: UUID) -> CreditMovedAway | None:
    match report:
        case LoanRecorded():
            return LoanMovedAway(
                source=report.source,
                loan_id=report.loan_id,
                loan_version=report.loan_version,
                to_person_id=to_person_id,
                reported_at=report.reported_at,
            )
        case CreditApplicationRecorded():
            return CreditApplicationMovedAway(
                source=report.source,
                application_id=report.application_id,
                application_version=report.application_version,
                to_person_id=to_person_id,
                reported_at=report.reported_at,
            )
        case CreditLimitRecorded():
            return None
        case _:
            assert_never(report)


async def _owner(connection: AsyncConnection, report: CreditRecorded) -> Ownership | None:
    match report:
        case LoanRecorded():
            return await find_loan(connection, report.source, report.loan_id)
        case CreditApplicationRecorded():
            return await find_application(connection, report.source, report.application_id)
        case CreditLimitRecorded():
            return None
        case _:
            assert_never(report)


async def _save(connection: AsyncConnection, person_id: UUID, report: CreditRecorded) -> None:
    match report:
        case LoanRecorded():
            await save_loan(
                connection,
                person_id=person_id,
                source=report.source,
                loan_id=report.loan_id,
                loan_version=report.loan_version,
                status=report.status,
                active=report.active,
                reported_at=report.reported_at,
            )
        case CreditApplicationRecorded():
            await save_application(
                connection,
                person_id=person_id,
                source=report.source,
                application_id=report.application_id,
                application_version=report.application_version,
            )
        case CreditLimitRecorded():
            return
        case _:
            assert_never(report)


async def _forget(connection: AsyncConnection, report: CreditRecorded) -> None:
    match report:
        case LoanRecorded():
            await delete_loan(connection, report.source, report.loan_id)
        case CreditApplicationRecorded():
            await delete_application(connection, report.source, report.application_id)
        case CreditLimitRecorded():
            return
        case _:
            assert_never(report)
