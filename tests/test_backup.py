"""A backup restores a whole system on a host that has nothing else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from vinculo.local.backup import BackupError, back_up
from vinculo.local.restore import restore_system
from vinculo.local.settings import ADDRESS_VARIABLES
from vinculo.local.system import System
from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.inboxes import Mailbox
from vinculo.simulation.operator_client import OperatorClient
from vinculo.simulation.staff import demo_staff
from vinculo.testing.systems import Systems

from .conftest import HIGH_RATE_LIMITS, NO_FLOOR
from .shown_state import differences, everything_shown, settled_state
from .system_harness import Document, SystemHarness, mail_settings, open_harness


@pytest_asyncio.fixture(loop_scope="session")
async def backed_up(new_system: Systems) -> AsyncIterator[SystemHarness]:
    """A system of its own: what other tests leave may be due for periodic work after a restore."""
    async with open_harness(await new_system({**HIGH_RATE_LIMITS, **NO_FLOOR})) as harness:
        yield harness


@pytest.mark.timeout(900)
async def test_a_backup_is_restored_on_an_empty_host(
    backed_up: SystemHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = backed_up
    customer = await harness.customer()
    applicant = await harness.completed_applicant()
    await harness.wait_for_row("customers", customer, status="enabled")
    await harness.wait_for_row("registrations", applicant)
    before = await settled_state(harness)
    audited = await audit_entries(harness)
    source, host = tmp_path / "backup", tmp_path / "host"
    await back_up(harness.system.environment, source)
    namespace = harness.system.environment["VINCULO_TOPIC_PREFIX"].removesuffix("-")
    for name in ADDRESS_VARIABLES.values():
        monkeypatch.delenv(name, raising=False)

    await restore_system(source, host, namespace=namespace)

    system = System(host, namespace=namespace)
    await system.start()
    try:
        async with GatewayClient(system.url) as gateway:
            mailbox = Mailbox.from_environment({**system.environment, **mail_settings(system)})
            restored = replace(harness, system=system, gateway=gateway, mailbox=mailbox)
            restored.operator = await signed_in(restored)
            found = list(differences(before, await everything_shown(restored)))
            assert not found, "\n".join(found)
            assert (await audit_entries(restored))[: len(audited)] == audited
            newcomer = await restored.activated_applicant()
            await restored.wait_for_row("registrations", newcomer, status="pending")
        with pytest.raises(BackupError, match="has a system already"):
            await restore_system(source, host, namespace=namespace)
    finally:
        await system.stop()


async def signed_in(harness: SystemHarness) -> OperatorClient:
    account = next(iter(demo_staff(harness.system.environment)))
    operator = OperatorClient(harness.gateway, account.email, account.password)
    await operator.sign_in()
    return operator


async def audit_entries(harness: SystemHarness) -> list[Document]:
    async with harness.mongo() as database:
        own = database.client[f"{database.name}_own"]
        return list(await own["audit"].find().sort("_id").to_list())
