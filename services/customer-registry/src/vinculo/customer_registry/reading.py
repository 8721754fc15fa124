"""What the registry tells of a person: the record, and its latest evaluation explained."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from vinculo.customer_registry.categories import CUSTOMERS, POLICIES, policy_stream
from vinculo.customer_registry.domain.customer_refusals import PersonIsUnknown, RecordIsErased
from vinculo.customer_registry.domain.policy import PolicyPublished, PolicyRequirement
from vinculo.customer_registry.record_view import RecordView, view_record
from vinculo.customer_registry.registry import Registry
from vinculo.customer_registry.tables import people


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedRecord:
    record: RecordView
    version: int


async def read_record(registry: Registry, person_id: UUID) -> VersionedRecord:
    """Raise PersonIsUnknown, or RecordIsErased. A pre-customer's completion may still be undone."""
    history = await registry.store.read(CUSTOMERS.stream_id(person_id))
    record = view_record(CUSTOMERS.codec.decode(event) for event in history)
    if record is None:
        raise PersonIsUnknown
    if record.erased_at is not None:
        raise RecordIsErased
    if record.completed_at is None:
        async with registry.store.engine.connect() as connection:
            completed_at = await connection.scalar(
                select(people.c.completed_at).where(people.c.person_id == person_id)
            )
        record = replace(record, completed_at=completed_at)
    return VersionedRecord(record=record, version=len(history))


async def read_requirements(
    registry: Registry, project: str, policy_version: int
) -> Mapping[str, PolicyRequirement]:
    """Give the requirements of one version of a project's policy, by code."""
    history = await registry.store.read(POLICIES.stream_id(policy_stream(project)))
    for stored in history:
        published: PolicyPublished = POLICIES.codec.decode(stored)
        if published.policy_version == policy_version:
            return {requirement.code: requirement for requirement in published.requirements}
    return {}
