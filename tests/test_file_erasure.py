"""An erasure deletes every file of the person, even one that arrives after the erasure."""

from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import uuid4

import httpx2
from minio import Minio

from vinculo.simulation.applicant_client import ApplicantClient
from vinculo.simulation.document_files import DocumentFile, make_file
from vinculo.testing.databases import connected
from vinculo.testing.storage import S3
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

StoredObject: TypeAlias = tuple[str, str, int]
"""Bucket, key and size of one version of an object."""


async def test_an_erasure_deletes_every_file_of_the_person(harness: SystemHarness) -> None:
    applicant = await harness.completed_applicant()
    other = await harness.completed_applicant()
    file = make_file("payslip", applicant.person, datetime.now(UTC).date())
    abandoned, used, unused = [await announced(applicant, file) for _ in range(3)]
    await send(harness, abandoned, file)
    await send(harness, used, file)
    await completed(applicant, used)
    await send(harness, used, file)
    dossier = await applicant.dossier()
    link = await download_link(applicant, dossier["documents"][-1]["document_id"])
    before, of_the_other = objects_of(harness, applicant), objects_of(harness, other)
    assert len(before) >= 7
    assert len(of_the_other) == 4

    await harness.admin.erase(applicant.person_id, "requested")
    report = await eventually(lambda: erasure_report(harness, applicant), timeout=60)

    assert objects_of(harness, applicant) == []
    assert report["objects"] == len(before)
    assert report["bytes"] == sum(size for _, _, size in before)
    async with httpx2.AsyncClient(timeout=30) as browser:
        assert (await browser.get(link)).status_code == 404

    for form in (abandoned, used, unused):
        await send(harness, form, file)
    await eventually(lambda: objects_of(harness, applicant) == [], timeout=60)

    await send(harness, unused, file)
    await end_forms(harness, applicant)
    await eventually(lambda: is_over(harness, applicant), timeout=60)
    assert objects_of(harness, applicant) == []
    assert objects_of(harness, other) == of_the_other


async def announced(applicant: ApplicantClient, file: DocumentFile) -> dict[str, Any]:
    body = {"kind": file.kind, "media_type": file.media_type, "size_bytes": len(file.content)}
    response = await applicant.call(
        "POST", "/documents/v1/me/uploads", json=body, idempotency_key=str(uuid4())
    )
    return dict(response.body)


async def send(harness: SystemHarness, form: dict[str, Any], file: DocumentFile) -> None:
    await harness.gateway.upload(
        form["url"], form["fields"], file.name, file.content, file.media_type
    )


async def completed(applicant: ApplicantClient, form: dict[str, Any]) -> None:
    """Complete the upload, and wait until it is screened and its file in quarantine is gone."""
    path = f"/documents/v1/me/uploads/{form['upload_id']}"
    await applicant.call("POST", f"{path}/completion")

    async def is_screened() -> bool:
        return bool((await applicant.call("GET", path)).body["state"] == "screened")

    await eventually(is_screened)


async def download_link(applicant: ApplicantClient, document_id: str) -> str:
    path = f"/documents/v1/me/documents/{document_id}/download-links"
    return str((await applicant.call("POST", path)).body["url"])


def objects_of(harness: SystemHarness, applicant: ApplicantClient) -> list[StoredObject]:
    return objects_with(harness, str(applicant.person_id))


def objects_with(harness: SystemHarness, part: str) -> list[StoredObject]:
    """Every version of every object whose key has this part, in every bucket of documents."""
    client = _client(harness)
    buckets = [
        bucket.name
        for bucket in client.list_buckets()
        if bucket.name.startswith(harness.system.environment["DOCUMENTS_BUCKET"])
    ]
    return [
        (bucket, item.object_name or "", item.size or 0)
        for bucket in buckets
        for item in client.list_objects(bucket, recursive=True, include_version=True)
        if part in (item.object_name or "")
    ]


def _client(harness: SystemHarness) -> Minio:
    environment = harness.system.environment
    return S3(
        url=environment["VINCULO_S3_URL"],
        access_key=environment["VINCULO_S3_ACCESS_KEY"],
        secret_key=environment["VINCULO_S3_SECRET_KEY"],
        bucket=environment["DOCUMENTS_BUCKET"],
    ).client()


async def erasure_report(harness: SystemHarness, applicant: ApplicantClient) -> dict[str, int]:
    """The counts of the person's `dossier-erased`; empty while there is none."""
    async with connected(harness.system.environment["DOCUMENTS_DATABASE_URL"]) as database:
        row = await database.fetchrow(
            "SELECT data->'objects', data->'bytes' FROM events"
            " WHERE subject = $1 AND type = 'dossier-erased.v1'",
            applicant.person_id,
        )
    return {} if row is None else {"objects": int(row[0]), "bytes": int(row[1])}


async def end_forms(harness: SystemHarness, applicant: ApplicantClient) -> None:
    """Move the clock of the erasure: an hour later all forms have ended."""
    async with connected(harness.system.environment["DOCUMENTS_DATABASE_URL"]) as database:
        await database.execute(
            "UPDATE erasures SET erased_at = erased_at - interval '1 hour',"
            " forms_end_at = forms_end_at - interval '1 hour', sweep_at = now()"
            " WHERE owner_id = $1",
            applicant.person_id,
        )


async def is_over(harness: SystemHarness, applicant: ApplicantClient) -> bool:
    async with connected(harness.system.environment["DOCUMENTS_DATABASE_URL"]) as database:
        ended = await database.fetchval(
            "SELECT ended_at FROM erasures WHERE owner_id = $1", applicant.person_id
        )
    return ended is not None
