"""Erasures are recorded in the ledger, and repeated in a restored registry that lacks them."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from vinculo.access import Role
from vinculo.customer_registry.application.repeated_erasures import (
    REPEATED_BY,
    ReappliedErasures,
    reapply_erasures,
)
from vinculo.customer_registry.domain.customer import Status
from vinculo.privacy import ErasureLedger, KeyRingOutdatedError, LedgerEntry
from vinculo.testing import MakeBucket, NewDatabase

from ..http_calls import PEOPLE, app_on, caller, client_of
from ..incoming_events import Applicant
from ..registry_harness import NOW, RegistryHarness, harness_on

pytestmark = pytest.mark.servers


@pytest.fixture
def ledger(bucket: MakeBucket) -> ErasureLedger:
    s3 = bucket("erasures")
    return ErasureLedger(
        url=s3.url, access_key=s3.access_key, secret_key=s3.secret_key, bucket=s3.bucket
    )


@pytest_asyncio.fixture(loop_scope="session")
async def recording(
    new_database: NewDatabase, ledger: ErasureLedger
) -> AsyncIterator[RegistryHarness]:
    """A registry with a ledger and published policies."""
    async with harness_on(new_database, ledger) as harness:
        await harness.publish()
        yield harness


def entry(person_id: UUID, position: int = 1) -> LedgerEntry:
    return LedgerEntry(position=position, person_id=person_id, store_epoch=1, destroyed_at=NOW)


async def reapply(registry: RegistryHarness, ledger: ErasureLedger) -> ReappliedErasures:
    recorder = registry.dependencies.recorder
    return await reapply_erasures(registry.dependencies, recorder.keyring, ledger)


async def test_an_erasure_is_in_the_ledger_when_its_key_is_destroyed(
    recording: RegistryHarness, ledger: ErasureLedger
) -> None:
    applicant = Applicant()
    await recording.make_customer(applicant)
    await recording.erase(applicant.person_id)
    assert await ledger.entries() == []

    await recording.deliver_own_erasure(applicant.person_id)
    await recording.deliver_own_erasure(applicant.person_id)

    assert [each.person_id for each in await ledger.entries()] == [applicant.person_id]
    assert await reapply(recording, ledger) == ReappliedErasures(people=0, unknown=0)


async def test_an_erasure_is_not_held_up_by_a_ledger_that_is_away(
    new_database: NewDatabase,
) -> None:
    away = ErasureLedger(url="http://127.0.0.1:1", access_key="a", secret_key="s", bucket="away")
    async with harness_on(new_database, away) as registry:
        await registry.publish()
        applicant = Applicant()
        await registry.make_pending(applicant)
        await registry.erase(applicant.person_id)

        await registry.deliver_own_erasure(applicant.person_id)

        assert (await registry.person(applicant.person_id)).erased_at == NOW
        assert await registry.keys.is_destroyed(applicant.person_id)


async def test_a_restored_person_is_erased_again(
    recording: RegistryHarness, ledger: ErasureLedger
) -> None:
    erased, other = Applicant(), Applicant()
    for each in (erased, other):
        await recording.make_customer(each)
    before = await recording.events(other.person_id)
    await ledger.add(entry(erased.person_id))

    assert await reapply(recording, ledger) == ReappliedErasures(people=1, unknown=0)
    assert await reapply(recording, ledger) == ReappliedErasures(people=0, unknown=0)

    stored = (await recording.events(erased.person_id))[-1]
    assert (stored.type, stored.data["erased_by"]) == ("record-erased.v1", str(REPEATED_BY))
    assert await recording.keys.is_destroyed(erased.person_id)
    await recording.deliver_own_erasure(erased.person_id)
    assert (await recording.person(erased.person_id)).facts == {}
    assert await recording.events(other.person_id) == before
    assert not await recording.keys.is_destroyed(other.person_id)
    assert len(await ledger.entries()) == 1


async def test_a_record_that_was_blocked_at_the_backup_is_erased_again(
    recording: RegistryHarness, ledger: ErasureLedger
) -> None:
    applicant = Applicant()
    await recording.make_customer(applicant)
    async with client_of(app_on(recording.dependencies)) as http:
        answer = await http.post(
            f"{PEOPLE}/{applicant.person_id}/status-changes",
            json={"status": Status.BLOCKED, "reason_code": "fraud_suspected"},
            headers=caller(Role.ADMIN, if_match=await recording.version(applicant.person_id)),
        )
    assert answer.status_code == 201
    await ledger.add(entry(applicant.person_id))

    assert await reapply(recording, ledger) == ReappliedErasures(people=1, unknown=0)

    assert (await recording.event_types(applicant.person_id))[-1] == "record-erased"


async def test_a_person_unknown_to_the_restored_registry_is_erased_on_arrival(
    recording: RegistryHarness, ledger: ErasureLedger
) -> None:
    applicant = Applicant()
    started = await applicant.started(recording.keys)
    await ledger.add(entry(applicant.person_id))
    await ledger.add(entry(uuid4(), 2))

    assert await reapply(recording, ledger) == ReappliedErasures(people=0, unknown=2)
    await recording.deliver(started)

    assert (await recording.event_types(applicant.person_id))[-1] == "record-erased"


async def test_nothing_is_recorded_before_all_is_reapplied(
    recording: RegistryHarness, ledger: ErasureLedger
) -> None:
    erased, other = Applicant(), Applicant()
    for each in (erased, other):
        await recording.make_pending(each)
    await ledger.add(entry(erased.person_id))
    await recording.keys.destroy_key(other.person_id)

    with pytest.raises(KeyRingOutdatedError):
        await recording.dependencies.recorder.record()
    await reapply(recording, ledger)
    assert await recording.dependencies.recorder.record() == 1

    recorded = [(each.position, each.person_id) for each in await ledger.entries()]
    assert recorded == [(1, erased.person_id), (2, other.person_id)]
