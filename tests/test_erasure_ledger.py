"""A backup from before an erasure does not bring the erased person back."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx2
import orjson
import pytest
import pytest_asyncio

from vinculo.local.backup import back_up
from vinculo.local.restore import COMMANDS, restore_servers
from vinculo.local.services import SERVICE_PROCESSES
from vinculo.local.settings import ADDRESS_VARIABLES
from vinculo.local.system import System
from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.gateway_client import GatewayClient, RequestRefused
from vinculo.simulation.inboxes import Mailbox
from vinculo.testing.systems import Systems
from vinculo.testing.waiting import eventually

from .conftest import HIGH_RATE_LIMITS, NO_FLOOR
from .shown_state import differences, files_of
from .system_harness import SystemHarness, mail_settings, open_harness
from .test_backup import signed_in
from .test_erasure import assert_not_listed, has_no_plain_text, key_row
from .test_file_erasure import objects_of

WITHOUT_KEYS: Final = "query-exporter"
PROCESSES: Final = tuple(
    process.name for process in SERVICE_PROCESSES if process.name != WITHOUT_KEYS
)
OBJECT_STORE: Final = frozenset(
    {"VINCULO_S3_URL", "VINCULO_S3_ACCESS_KEY", "VINCULO_S3_SECRET_KEY"}
)
"""It survives, and has the newer ledger."""


@pytest_asyncio.fixture(loop_scope="session")
async def backed_up(new_system: Systems) -> AsyncIterator[SystemHarness]:
    async with open_harness(await new_system({**HIGH_RATE_LIMITS, **NO_FLOOR})) as harness:
        yield harness


@pytest.mark.timeout(900)
async def test_a_person_erased_after_the_backup_stays_erased(
    backed_up: SystemHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = backed_up
    erased, other = await harness.customer(), await harness.customer()
    before = await shown(harness, other)
    registration = await erased.registration_form()
    namespace = harness.system.environment["VINCULO_TOPIC_PREFIX"].removesuffix("-")
    source, host = tmp_path / "backup", tmp_path / "host"
    await back_up(harness.system.environment, source)
    erasure_id = await harness.admin.erase(erased.person_id, "requested")
    await harness.admin.wait_for_key_destruction(erasure_id)
    await eventually(lambda: objects_of(harness, erased) == [], timeout=60)
    await harness.system.stop()
    for name in set(ADDRESS_VARIABLES.values()) - OBJECT_STORE:
        monkeypatch.delenv(name, raising=False)

    await restore_servers(source, host, namespace=namespace, reapply=False)
    system = System(host, namespace=namespace)
    starting = asyncio.create_task(system.start())
    try:
        await eventually(lambda: all_refuse(system), timeout=240)
        assert await answer_to(system, registration) == (503, "service-unavailable")
        assert all(system.is_running(name) for name in PROCESSES)
        for name in PROCESSES:
            assert_outdated_ring_is_logged(system, name)
        restored = replace(harness, system=system)
        output = await restored.run_command("customer_registry", "reapply-erasures")
        assert output == "erased 1 people again; 0 more are not in this registry\n"
        await starting
        for service, command in COMMANDS:
            await restored.run_command(service, command)

        async with GatewayClient(system.url) as gateway:
            mailbox = Mailbox.from_environment({**system.environment, **mail_settings(system)})
            restored = replace(restored, gateway=gateway, mailbox=mailbox)
            restored.operator = await signed_in(restored)
            await assert_erased(restored, ApplicantClient(gateway, mailbox, erased.person), erased)
            await restored.wait_for_row("customers", other, status="enabled")
            found = list(differences(before, await shown(restored, other)))
            assert not found, "\n".join(found)
            newcomer = await restored.activated_applicant()
            await restored.wait_for_row("registrations", newcomer, status="pending")
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await system.stop()


async def shown(harness: SystemHarness, applicant: ApplicantClient) -> dict[str, Any]:
    """What operators see of the person."""
    return {
        "rows": [await harness.rows_of(name, applicant) for name in ("customers", "registrations")],
        "profile": await harness.operator.profile(applicant.person_id),
        "files": await files_of(harness, str(applicant.person_id)),
    }


async def all_refuse(system: System) -> bool:
    """Whether every process says that it is not ready, as its key ring is outdated."""
    try:
        async with httpx2.AsyncClient(timeout=5) as client:
            for name in PROCESSES:
                response = await client.get(f"{system.process_url(name)}/health/ready")
                assert response.status_code == 503, (name, response.text)
                assert "erasure-ledger" in response.json()["missing"], (name, response.text)
    except (httpx2.TransportError, KeyError) as error:
        raise AssertionError(f"not started: {error!r}") from error
    return True


async def answer_to(system: System, registration: Mapping[str, Any]) -> tuple[int, str]:
    """Status and problem type of a registration."""
    async with httpx2.AsyncClient(timeout=30) as client:
        response = await client.post(
            f"{system.process_url('onboarding-api')}/onboarding/v1/registrations",
            json=dict(registration),
            headers={"idempotency-key": "during-the-refusal"},
        )
    return response.status_code, str(response.json()["type"]).rpartition(":")[2]


def assert_outdated_ring_is_logged(system: System, process: str) -> None:
    lines = system.log_path(process).read_bytes().splitlines()
    entries = [orjson.loads(line) for line in lines if b"key-ring-outdated" in line]
    assert entries, process
    assert entries[0]["count"] == 1
    assert "vinculo.customer_registry reapply-erasures" in entries[0]["error"]


async def assert_erased(
    harness: SystemHarness, client: ApplicantClient, erased: ApplicantClient
) -> None:
    await eventually(lambda: has_no_plain_text(harness, erased), timeout=120)
    assert await key_row(harness, erased) == (True, True)
    await eventually(lambda: objects_of(harness, erased) == [], timeout=60)
    await assert_not_listed(harness, erased)
    with pytest.raises(RequestRefused) as refused:
        await client.sign_in()
    assert refused.value.status == 401
