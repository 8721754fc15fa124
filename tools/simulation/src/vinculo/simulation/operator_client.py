"""HTTP client of a staff member: payers, review, status changes, erasure, lists and exports."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from vinculo.simulation.gateway_client import ApiResponse, GatewayClient, RequestRefused
from vinculo.simulation.payers import Payer
from vinculo.simulation.polling import wait_until

UNAUTHENTICATED, PRECONDITION_FAILED, CONFLICT, NOT_FOUND = 401, 412, 409, 404
MAX_ATTEMPTS = 5
STREAM_CHANGED = "stream-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A finished export; `download_url` was used to fetch the content."""

    rows: int
    content: bytes
    manifest: Mapping[str, Any]
    download_url: str


class ExportFailedError(Exception):
    """The message is the export's reason."""


class OperatorClient:
    """The role of the staff account determines which calls are allowed."""

    def __init__(self, gateway: GatewayClient, email: str, password: str) -> None:
        self.email = email
        self._gateway = gateway
        self._password = password
        self._token: str | None = None
        self._signing_in = asyncio.Lock()

    @property
    def token(self) -> str | None:
        """None before the first sign-in."""
        return self._token

    async def sign_in(self) -> None:
        response = await self._gateway.call(
            "POST",
            "/onboarding/v1/sessions",
            json={"email": self.email, "password": self._password},
        )
        self._token = str(response.body["access_token"])

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiResponse:
        """Send a request as this operator; sign in first, and again when the token has expired."""
        all_headers = {**(headers or {})}
        if method == "POST":
            all_headers.setdefault("Idempotency-Key", str(uuid4()))
        token = self._token
        if token is not None:
            try:
                return await self._gateway.call(
                    method, path, json=json, params=params, token=token, headers=all_headers
                )
            except RequestRefused as refused:
                if refused.status != UNAUTHENTICATED:
                    raise
        async with self._signing_in:
            if self._token == token:
                await self.sign_in()
        return await self._gateway.call(
            method, path, json=json, params=params, token=self._token, headers=all_headers
        )

    async def register_payer(self, payer: Payer) -> UUID:
        """The id of the payer, which may already be registered."""
        body = {"name": payer.name, "tax_id": payer.tax_id, "agreement": "Libranza"}
        try:
            response = await self.call("POST", "/onboarding/v1/payers", json=body)
        except RequestRefused as refused:
            if refused.problem_type != "payer-registered-already":
                raise
            found = await self.call("GET", "/onboarding/v1/payers", params={"q": payer.name})
            return next(
                UUID(each["payer_id"]) for each in found.body["items"] if each["name"] == payer.name
            )
        return UUID(response.body["payer_id"])

    async def review_queue(self, limit: int = 25) -> list[dict[str, Any]]:
        response = await self.call("GET", "/documents/v1/review-queue", params={"limit": limit})
        return list(response.body["items"])

    async def dossier(self, person_id: UUID) -> dict[str, Any]:
        return dict((await self.call("GET", f"/documents/v1/people/{person_id}/dossier")).body)

    async def accept(self, person_id: UUID, document_id: UUID | str) -> ApiResponse:
        return await self._decide(person_id, f"{document_id}/acceptance")

    async def reject(
        self,
        person_id: UUID,
        document_id: UUID | str,
        reason_code: str = "illegible",
        note: str | None = None,
    ) -> ApiResponse:
        body = {"reason_code": reason_code, **({"note": note} if note else {})}
        return await self._decide(person_id, f"{document_id}/rejection", body)

    async def demand(self, person_id: UUID, kind: str, note: str) -> None:
        """Require one more document of the person."""
        path = f"/documents/v1/people/{person_id}/dossier"
        headers = {"If-Match": (await self.call("GET", path)).headers["ETag"]}
        body = {"kind": kind, "note": note}
        await self.call("POST", f"{path}/demands", json=body, headers=headers)

    async def _decide(self, person_id: UUID, decision: str, body: object = None) -> ApiResponse:
        """Decide on the dossier as it is now."""
        seen = await self.call("GET", f"/documents/v1/people/{person_id}/dossier")
        return await self.call(
            "POST",
            f"/documents/v1/documents/{decision}",
            json=body,
            headers={"If-Match": seen.headers["ETag"]},
        )

    async def accept_dossier(self, person_id: UUID, *, except_kinds: Iterable[str] = ()) -> None:
        """Accept every document in review except those of `except_kinds`."""
        skipped = set(except_kinds)
        for document in await self.documents_to_review(person_id):
            if document["kind"] not in skipped:
                await self.accept(person_id, document["document_id"])

    async def reject_kind(self, person_id: UUID, kind: str, reason_code: str, note: str) -> None:
        for document in await self.documents_to_review(person_id):
            if document["kind"] == kind:
                await self.reject(person_id, document["document_id"], reason_code, note)

    async def documents_to_review(self, person_id: UUID) -> list[dict[str, Any]]:
        documents = (await self.dossier(person_id))["documents"]
        return [document for document in documents if document["state"] == "screened"]

    async def record(self, person_id: UUID) -> dict[str, Any]:
        return dict((await self.call("GET", f"/registry/v1/people/{person_id}")).body)

    async def requirements(self, person_id: UUID) -> dict[str, Any]:
        response = await self.call("GET", f"/registry/v1/people/{person_id}/requirements")
        return dict(response.body)

    async def wait_for_status(self, person_id: UUID, status: str) -> dict[str, Any]:
        """Wait until the registry has a record of the person with this status."""

        async def matching() -> dict[str, Any] | None:
            try:
                found = await self.record(person_id)
            except RequestRefused as refused:
                if refused.status != NOT_FOUND:
                    raise
                return None
            return found if found["status"] == status else None

        return await wait_until(f"the record of {person_id} with status {status}", matching)

    async def change_status(
        self, person_id: UUID, status: str, reason_code: str, note: str | None = None
    ) -> dict[str, Any]:
        body = {"status": status, "reason_code": reason_code, **({"note": note} if note else {})}
        return await self._change_record(person_id, "status-changes", body)

    async def block(self, person_id: UUID, note: str | None = None) -> dict[str, Any]:
        return await self.change_status(person_id, "blocked", "fraud_suspected", note)

    async def unblock(self, person_id: UUID, note: str | None = None) -> dict[str, Any]:
        """Administrators only."""
        return await self.change_status(person_id, "pending", "investigation_closed", note)

    async def disable(self, person_id: UUID, note: str | None = None) -> dict[str, Any]:
        return await self.change_status(person_id, "disabled", "requested", note)

    async def erase(
        self, person_id: UUID, reason_code: str = "incorrect", note: str | None = None
    ) -> UUID:
        """Administrators only. The id of the erasure."""
        body = {"reason_code": reason_code, **({"note": note} if note else {})}
        return UUID((await self._change_record(person_id, "erasures", body))["erasure_id"])

    async def erasure(self, erasure_id: UUID) -> dict[str, Any]:
        return dict((await self.call("GET", f"/registry/v1/erasures/{erasure_id}")).body)

    async def wait_for_key_destruction(self, erasure_id: UUID) -> dict[str, Any]:
        async def key_destroyed() -> dict[str, Any] | None:
            found = await self.erasure(erasure_id)
            return found if found["state"] != "requested" else None

        return await wait_until(f"the destroyed key of erasure {erasure_id}", key_destroyed)

    async def _change_record(
        self, person_id: UUID, resource: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Send a change with the current version; retry when the version has changed."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            current = await self.call("GET", f"/registry/v1/people/{person_id}")
            try:
                response = await self.call(
                    "POST",
                    f"/registry/v1/people/{person_id}/{resource}",
                    json=body,
                    headers={"If-Match": current.headers["ETag"]},
                )
            except RequestRefused as refused:
                is_outdated = (
                    refused.status == PRECONDITION_FAILED or refused.problem_type == STREAM_CHANGED
                )
                if not is_outdated or attempt == MAX_ATTEMPTS:
                    raise
            else:
                return dict(response.body)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def totals(self) -> dict[str, Any]:
        return dict((await self.call("GET", "/query/v1/totals")).body)

    async def rows(self, list_name: str, **filters: Any) -> dict[str, Any]:  # noqa: ANN401 - any filter
        """A page of `pre-customers`, `customers` or `registrations`."""
        response = await self.call("GET", f"/query/v1/{list_name}", params=filters)
        return dict(response.body)

    async def profile(self, person_id: UUID) -> dict[str, Any]:
        return dict((await self.call("GET", f"/query/v1/people/{person_id}")).body)

    async def timeline(self, person_id: UUID) -> dict[str, Any]:
        return dict((await self.call("GET", f"/query/v1/people/{person_id}/timeline")).body)

    async def export(
        self,
        list_name: str,
        *,
        file_format: str = "csv",
        sort: str | None = None,
        **filters: Any,  # noqa: ANN401 - any filter
    ) -> ExportedFile:
        """Request an export, wait for it and download it. Raises ExportFailedError."""
        request = {"list": list_name, "format": file_format, "filters": filters, "sort": sort}
        export_id = (await self.call("POST", "/query/v1/exports", json=request)).body["export_id"]

        async def finished() -> dict[str, Any] | None:
            found = (await self.call("GET", f"/query/v1/exports/{export_id}")).body
            return dict(found) if found["state"] in {"done", "failed"} else None

        job = await wait_until(f"the export {export_id}", finished)
        if job["state"] == "failed":
            raise ExportFailedError(str(job.get("reason")))
        return ExportedFile(
            rows=job["rows"],
            content=await self.download(job["download_url"]),
            manifest=job["manifest"],
            download_url=job["download_url"],
        )

    async def download(self, url: str) -> bytes:
        """The file behind a download address, which works once."""
        return await self._gateway.download(url)
