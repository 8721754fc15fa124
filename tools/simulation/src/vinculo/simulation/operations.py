"""What operations do over HTTP: payers, review, status, erasure, lists and exports."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from vinculo.simulation.conditions import until
from vinculo.simulation.gateway import Answer, Gateway, Refused
from vinculo.simulation.payers import Payer

UNAUTHENTICATED, PRECONDITION_FAILED, CONFLICT, NOT_FOUND = 401, 412, 409, 404
TRIES = 5
MOVED_MEANWHILE = "stream-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """`link` is the one that the content was fetched by."""

    rows: int
    content: bytes
    manifest: Mapping[str, Any]
    link: str


class Operator:
    """A member of staff; which calls are allowed depends on the role the account was made with."""

    def __init__(self, gateway: Gateway, email: str, password: str) -> None:
        self.email = email
        self._gateway = gateway
        self._password = password
        self._token: str | None = None
        self._signing_in = asyncio.Lock()

    @property
    def token(self) -> str | None:
        """None before signing in."""
        return self._token

    async def sign_in(self) -> None:
        answer = await self._gateway.call(
            "POST",
            "/onboarding/v1/sessions",
            json={"email": self.email, "password": self._password},
        )
        self._token = str(answer.body["access_token"])

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask in this operator's name; sign in first, and again when the token has run out."""
        sent = {**(headers or {})}
        if method == "POST":
            sent.setdefault("Idempotency-Key", str(uuid4()))
        used = self._token
        if used is not None:
            try:
                return await self._gateway.call(
                    method, path, json=json, params=params, token=used, headers=sent
                )
            except Refused as refused:
                if refused.status != UNAUTHENTICATED:
                    raise
        async with self._signing_in:
            if self._token == used:
                await self.sign_in()
        return await self._gateway.call(
            method, path, json=json, params=params, token=self._token, headers=sent
        )

    # ---- payers ---------------------------------------------------------------------------------
    async def register_payer(self, payer: Payer) -> UUID:
        """Give the payer's id, also of one registered earlier."""
        body = {"name": payer.name, "tax_id": payer.tax_id, "agreement": "Libranza"}
        try:
            answer = await self.call("POST", "/onboarding/v1/payers", json=body)
        except Refused as refused:
            if refused.slug != "payer-registered-already":
                raise
            found = await self.call("GET", "/onboarding/v1/payers", params={"q": payer.name})
            return next(
                UUID(each["payer_id"]) for each in found.body["items"] if each["name"] == payer.name
            )
        return UUID(answer.body["payer_id"])

    # ---- review ---------------------------------------------------------------------------------
    async def review_queue(self, limit: int = 25) -> list[dict[str, Any]]:
        answer = await self.call("GET", "/documents/v1/review-queue", params={"limit": limit})
        return list(answer.body["items"])

    async def dossier(self, person_id: UUID) -> dict[str, Any]:
        return dict((await self.call("GET", f"/documents/v1/people/{person_id}/dossier")).body)

    async def accept(self, document_id: UUID | str) -> None:
        await self.call("POST", f"/documents/v1/documents/{document_id}/acceptance")

    async def reject(
        self, document_id: UUID | str, reason_code: str = "illegible", note: str | None = None
    ) -> None:
        body = {"reason_code": reason_code, **({"note": note} if note else {})}
        await self.call("POST", f"/documents/v1/documents/{document_id}/rejection", json=body)

    async def accept_dossier(self, person_id: UUID, *, except_kinds: Iterable[str] = ()) -> None:
        """Accept every document that waits; `except_kinds` are left as they are."""
        left = set(except_kinds)
        for document in await self.waiting_documents(person_id):
            if document["kind"] not in left:
                await self.accept(document["document_id"])

    async def reject_kind(self, person_id: UUID, kind: str, reason_code: str, note: str) -> None:
        for document in await self.waiting_documents(person_id):
            if document["kind"] == kind:
                await self.reject(document["document_id"], reason_code, note)

    async def waiting_documents(self, person_id: UUID) -> list[dict[str, Any]]:
        documents = (await self.dossier(person_id))["documents"]
        return [document for document in documents if document["state"] == "screened"]

    # ---- records --------------------------------------------------------------------------------
    async def record(self, person_id: UUID) -> dict[str, Any]:
        return dict((await self.call("GET", f"/registry/v1/people/{person_id}")).body)

    async def requirements(self, person_id: UUID) -> dict[str, Any]:
        answer = await self.call("GET", f"/registry/v1/people/{person_id}/requirements")
        return dict(answer.body)

    async def record_when(self, person_id: UUID, status: str) -> dict[str, Any]:
        """Wait until the registry knows the person and the record has this status."""

        async def as_wanted() -> dict[str, Any] | None:
            try:
                found = await self.record(person_id)
            except Refused as refused:
                if refused.status != NOT_FOUND:
                    raise
                return None
            return found if found["status"] == status else None

        return await until(f"the record of {person_id} {status}", as_wanted)

    async def change_status(
        self, person_id: UUID, status: str, reason_code: str, note: str | None = None
    ) -> dict[str, Any]:
        body = {"status": status, "reason_code": reason_code, **({"note": note} if note else {})}
        return await self._change(person_id, "status-changes", body)

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
        """Administrators only. Give the erasure's id."""
        body = {"reason_code": reason_code, **({"note": note} if note else {})}
        return UUID((await self._change(person_id, "erasures", body))["erasure_id"])

    async def erasure(self, erasure_id: UUID) -> dict[str, Any]:
        return dict((await self.call("GET", f"/registry/v1/erasures/{erasure_id}")).body)

    async def erasure_when_key_destroyed(self, erasure_id: UUID) -> dict[str, Any]:
        async def destroyed() -> dict[str, Any] | None:
            found = await self.erasure(erasure_id)
            return found if found["state"] != "requested" else None

        return await until(f"the key of erasure {erasure_id} destroyed", destroyed)

    async def _change(self, person_id: UUID, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a change with the version read before; read and try again when it moved on."""
        for attempt in range(1, TRIES + 1):
            read = await self.call("GET", f"/registry/v1/people/{person_id}")
            try:
                answer = await self.call(
                    "POST",
                    f"/registry/v1/people/{person_id}/{what}",
                    json=body,
                    headers={"If-Match": read.headers["ETag"]},
                )
            except Refused as refused:
                moved = refused.status == PRECONDITION_FAILED or refused.slug == MOVED_MEANWHILE
                if not moved or attempt == TRIES:
                    raise
            else:
                return dict(answer.body)
        raise AssertionError("unreachable: the last try returns or raises")

    # ---- lists ----------------------------------------------------------------------------------
    async def totals(self) -> dict[str, Any]:
        return dict((await self.call("GET", "/query/v1/totals")).body)

    async def rows(self, list_name: str, **filters: Any) -> dict[str, Any]:  # noqa: ANN401 - any filter
        """One page of `pre-customers`, `customers` or `registrations`."""
        answer = await self.call("GET", f"/query/v1/{list_name}", params=filters)
        return dict(answer.body)

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
    ) -> Export:
        """Have a file made, wait for it and fetch it by its link."""
        asked = {"list": list_name, "format": file_format, "filters": filters, "sort": sort}
        export_id = (await self.call("POST", "/query/v1/exports", json=asked)).body["export_id"]

        async def finished() -> dict[str, Any] | None:
            found = (await self.call("GET", f"/query/v1/exports/{export_id}")).body
            return dict(found) if found["state"] in {"done", "failed"} else None

        job = await until(f"the export {export_id}", finished)
        if job["state"] == "failed":
            raise ExportFailed(str(job.get("reason")))
        link = job["download_url"]
        return Export(
            rows=job["rows"],
            content=await self.fetch(link),
            manifest=job["manifest"],
            link=link,
        )

    async def fetch(self, link: str) -> bytes:
        """A file by its link, which is good once."""
        return await self._gateway.download(link)


class ExportFailed(Exception):
    """The export's reason is the message."""
