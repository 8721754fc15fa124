"""Files of claims as a browser sends them, with the token of the claim."""

from typing import Any

import httpx2

from .sample_files import PDF, pdf
from .upload_client import result_of, send_form


def claim_path(claim_id: object, rest: str) -> str:
    return f"/documents/v1/claims/{claim_id}/{rest}"


async def announce_file(
    claimant: httpx2.AsyncClient,
    claim_id: object,
    *,
    media_type: str = PDF,
    size_bytes: int = 1000,
    idempotency_key: str | None = None,
) -> httpx2.Response:
    return await claimant.post(
        claim_path(claim_id, "uploads"),
        json={"media_type": media_type, "size_bytes": size_bytes},
        headers={} if idempotency_key is None else {"idempotency-key": idempotency_key},
    )


async def complete_file(
    claimant: httpx2.AsyncClient, claim_id: object, upload_id: str
) -> httpx2.Response:
    return await claimant.post(claim_path(claim_id, f"uploads/{upload_id}/completion"))


async def announced_file(claimant: httpx2.AsyncClient, claim_id: object) -> str:
    """A file in quarantine that is not completed; returns the id of its upload."""
    form = (await announce_file(claimant, claim_id)).json()
    assert await send_form(form, pdf()) == 204
    return str(form["upload_id"])


async def send_claim_file(
    claimant: httpx2.AsyncClient, claim_id: object, content: bytes | None = None
) -> dict[str, Any]:
    """Announce, send and complete a file, by default a small PDF."""
    content = pdf() if content is None else content
    form = await announce_file(claimant, claim_id, size_bytes=len(content))
    assert form.status_code == 201, form.text
    assert await send_form(form.json(), content) == 204
    return await screened_file(claimant, claim_id, form.json()["upload_id"])


async def screened_file(
    claimant: httpx2.AsyncClient, claim_id: object, upload_id: str
) -> dict[str, Any]:
    """Complete a file and wait for its result."""
    completed = await complete_file(claimant, claim_id, upload_id)
    assert completed.status_code == 202, completed.text
    return await result_of(claimant, claim_path(claim_id, f"uploads/{upload_id}"))
