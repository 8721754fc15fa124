"""A worker killed while it screens loses no file; an erasure leaves none that waits."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import DocumentFile, make_file
from vinculo.testing.databases import connected
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness
from .test_file_erasure import announced, erasure_report, objects_of, send

KILLED = -9
WORKER = "documents-worker"
CRASH_POINTS = (
    "screening-after-lease",
    "screening-after-receipt",
    "screening-after-storing",
    "screening-before-job-ends",
)
NO_SCANNER = {"DOCUMENTS_CLAMD_URL": "tcp://127.0.0.1:1"}


def payslip_of(applicant: ApplicantClient) -> DocumentFile:
    return make_file("payslip", applicant.person, datetime.now(UTC).date())


async def completed(harness: SystemHarness, applicant: ApplicantClient) -> str:
    """The path of an upload whose screening was requested."""
    file = payslip_of(applicant)
    form = await announced(applicant, file)
    await send(harness, form, file)
    path = f"/documents/v1/me/uploads/{form['upload_id']}"
    response = await applicant.call("POST", f"{path}/completion")
    assert (response.status, response.body["state"]) == (202, "received")
    return path


async def result(applicant: ApplicantClient, path: str) -> dict[str, Any]:
    async def ended() -> dict[str, Any]:
        upload = (await applicant.call("GET", path)).body
        return {} if upload["state"] == "received" else dict(upload)

    return await eventually(ended, timeout=60)


async def rows(harness: SystemHarness, statement: str, *values: object) -> list[Any]:
    """The first column of a query on the database of documents."""
    async with connected(harness.system.environment["DOCUMENTS_DATABASE_URL"]) as database:
        return [row[0] for row in await database.fetch(statement, *values)]


async def event_types(harness: SystemHarness, applicant: ApplicantClient) -> list[str]:
    statement = "SELECT type FROM events WHERE subject = $1 ORDER BY version"
    return await rows(harness, statement, applicant.person_id)


async def has_no_job(harness: SystemHarness, applicant: ApplicantClient) -> bool:
    statement = "SELECT 1 FROM screening_jobs WHERE owner_id = $1"
    return await rows(harness, statement, applicant.person_id) == []


async def test_a_file_is_screened_once_wherever_its_worker_is_killed(
    harness: SystemHarness,
) -> None:
    applicants = [await harness.activated_applicant() for _ in CRASH_POINTS]
    for applicant in applicants:
        await eventually(applicant.dossier)
    for point, applicant in zip(CRASH_POINTS, applicants, strict=True):
        await harness.system.restart(WORKER, {"VINCULO_CRASH_AT": point})
        path = await completed(harness, applicant)
        assert await harness.system.wait_for_exit(WORKER) == KILLED
        await harness.system.start_process(WORKER)

        upload = await result(applicant, path)

        assert upload["state"] == "screened", point
        await eventually(partial(has_no_job, harness, applicant))
        assert await event_types(harness, applicant) == [
            "dossier-opened.v1",
            "document-received.v1",
            "document-screened.v1",
        ]
        ((_, key, _),) = objects_of(harness, applicant)
        assert key == f"clean/{applicant.person_id}/{upload['document_id']}"


async def test_a_file_that_ends_its_workers_is_refused_in_words(harness: SystemHarness) -> None:
    applicant = await harness.activated_applicant()
    await eventually(applicant.dossier)
    await harness.system.restart(WORKER, {"VINCULO_CRASH_AT": "screening-after-receipt"})
    path = await completed(harness, applicant)
    for _ in range(2):
        assert await harness.system.wait_for_exit(WORKER) == KILLED
        await harness.system.start_process(WORKER, {"VINCULO_CRASH_AT": "screening-after-receipt"})
    assert await harness.system.wait_for_exit(WORKER) == KILLED
    await harness.system.start_process(WORKER)

    upload = await result(applicant, path)

    assert (upload["state"], upload["reason"]) == ("failed", "screening_failed")
    assert upload["reason_in_words"] not in {"", "screening_failed"}
    await eventually(lambda: has_no_job(harness, applicant))
    assert (await event_types(harness, applicant))[1:] == [
        "document-received.v1",
        "document-failed-screening.v1",
    ]
    assert objects_of(harness, applicant) == []
    mail = await harness.mailbox.wait_for(applicant.person.email, subject_contains="otro archivo")
    assert "no pudimos revisar el archivo" in mail.text


@pytest.mark.parametrize("is_received", [True, False], ids=["received", "not read yet"])
async def test_an_erasure_while_a_job_waits_leaves_neither_a_file_nor_a_later_event(
    harness: SystemHarness,
    is_received: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """It waits because the scanner cannot be reached, or because no worker runs."""
    applicant = await harness.activated_applicant()
    await eventually(applicant.dossier)
    if is_received:
        await harness.system.restart(WORKER, NO_SCANNER)
    else:
        await harness.system.kill(WORKER)
    await completed(harness, applicant)
    if is_received:

        async def is_read() -> bool:
            return "document-received.v1" in await event_types(harness, applicant)

        await eventually(is_read)
    assert not await has_no_job(harness, applicant)

    await harness.admin.erase(applicant.person_id, "requested")
    if not is_received:
        await harness.system.start_process(WORKER, NO_SCANNER)
    await eventually(lambda: erasure_report(harness, applicant), timeout=60)

    assert await has_no_job(harness, applicant)
    assert objects_of(harness, applicant) == []
    await harness.system.restart(WORKER)
    other = await harness.activated_applicant()
    await eventually(other.dossier)
    assert (await result(other, await completed(harness, other)))["state"] == "screened"
    assert objects_of(harness, applicant) == []
    assert (await event_types(harness, applicant))[-1] == "dossier-erased.v1"
