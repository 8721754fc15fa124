"""Uploads as a browser makes them: announce, send the form, complete."""

import io
from collections.abc import Mapping
from typing import Any

import httpx2

from vinculo.testing.waiting import eventually

from .sample_files import PDF, pdf

KINDS = ("identity_card_front", "identity_card_back", "payslip", "employment_certificate")


async def send_form(form: Mapping[str, Any], content: bytes) -> int:
    """Send a file to the object store; returns the status."""
    async with httpx2.AsyncClient() as browser:
        response = await browser.post(
            form["url"], data=form["fields"], files={"file": ("scan", io.BytesIO(content))}
        )
    return response.status_code


async def announce(
    applicant: httpx2.AsyncClient, kind: str, *, media_type: str = PDF, size_bytes: int = 1000
) -> dict[str, Any]:
    response = await applicant.post(
        "/documents/v1/me/uploads",
        json={"kind": kind, "media_type": media_type, "size_bytes": size_bytes},
    )
    assert response.status_code == 201, response.text
    form: dict[str, Any] = response.json()
    return form


async def request_screening(applicant: httpx2.AsyncClient, upload_id: str) -> dict[str, Any]:
    """Complete an upload without waiting for its result."""
    response = await applicant.post(f"/documents/v1/me/uploads/{upload_id}/completion")
    assert response.status_code == 202, response.text
    requested: dict[str, Any] = response.json()
    return requested


async def complete(applicant: httpx2.AsyncClient, upload_id: str) -> dict[str, Any]:
    """Complete an upload and wait for its result."""
    await request_screening(applicant, upload_id)
    return await result_of(applicant, f"/documents/v1/me/uploads/{upload_id}")


async def result_of(sender: httpx2.AsyncClient, path: str) -> dict[str, Any]:
    """The upload at the path, once it is screened."""

    async def ended() -> dict[str, Any]:
        response = await sender.get(path)
        assert response.status_code == 200, response.text
        upload: dict[str, Any] = response.json()
        return {} if upload["state"] == "received" else upload

    return await eventually(ended, timeout=30)


async def provide(
    applicant: httpx2.AsyncClient,
    kind: str,
    content: bytes | None = None,
    *,
    media_type: str = PDF,
) -> dict[str, Any]:
    """Upload and complete a file, by default a small PDF."""
    content = pdf() if content is None else content
    form = await announce(applicant, kind, media_type=media_type, size_bytes=max(1, len(content)))
    assert await send_form(form, content) == 204
    return await complete(applicant, form["upload_id"])


async def provide_all(applicant: httpx2.AsyncClient) -> dict[str, str]:
    """Provide every required document; returns document ids by kind."""
    return {kind: (await provide(applicant, kind))["document_id"] for kind in KINDS}
