"""HTTP client of a person who completes the five steps of the application."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from vinculo.simulation.document_files import DocumentFile, required_files
from vinculo.simulation.gateway_client import ApiResponse, GatewayClient, RequestRefused
from vinculo.simulation.inboxes import ActivationLink, Mailbox
from vinculo.simulation.people import Person
from vinculo.simulation.polling import wait_until

UNAUTHENTICATED = 401


class NotSignedInError(Exception):
    """Activate the account or sign in first."""


class ApplicantClient:
    """`person_id` and `token` are available after activation or sign-in."""

    def __init__(self, gateway: GatewayClient, mailbox: Mailbox, person: Person) -> None:
        self.person = person
        self._gateway = gateway
        self._mailbox = mailbox
        self._person_id: UUID | None = None
        self._token: str | None = None

    @property
    def person_id(self) -> UUID:
        if self._person_id is None:
            raise NotSignedInError
        return self._person_id

    @property
    def token(self) -> str:
        if self._token is None:
            raise NotSignedInError
        return self._token

    async def register(self, **changes: Any) -> ApiResponse:  # noqa: ANN401 - any field of the form
        """Send step one; `changes` replaces fields of the form."""
        body = {**await self.registration_form(), **changes}
        headers = {"Idempotency-Key": str(uuid4())}
        return await self._gateway.call(
            "POST", "/onboarding/v1/registrations", json=body, headers=headers
        )

    async def registration_form(self) -> dict[str, Any]:
        person = self.person
        texts = await self._gateway.call(
            "GET", "/onboarding/v1/consent-texts", params={"locale": person.locale}
        )
        return {
            "project": person.project,
            "channel": person.channel,
            "locale": person.locale,
            "country": "CO",
            "document_type": person.document_type,
            "document_number": person.document_number,
            "given_names": person.given_names,
            "surnames": person.surnames,
            "birth_date": person.birth_date.isoformat(),
            "email": person.email,
            "phone": person.phone,
            "password": person.password,
            "consents": [
                {"purpose": text["purpose"], "text_version": text["text_version"]}
                for text in texts.body["items"]
                if text["required"] or person.wants_marketing
            ],
        }

    async def activation_link(self) -> ActivationLink:
        """Wait for an activation mail; the newest link."""
        return await self._mailbox.wait_for_link(self.person.email)

    async def activate(self, link: ActivationLink | None = None) -> UUID:
        """Use the link of the mail with the password, which also signs in; the person's id."""
        used = link or await self.activation_link()
        response = await self._gateway.call(
            "POST",
            "/onboarding/v1/activations",
            json={
                "link_id": str(used.link_id),
                "token": used.token,
                "password": self.person.password,
            },
        )
        self._store_session(response)
        return self.person_id

    async def sign_in(self, password: str | None = None) -> UUID:
        """Sign in with the document number without its type; the person's id."""
        response = await self._gateway.call(
            "POST",
            "/onboarding/v1/sessions",
            json={
                "document_number": self.person.document_number,
                "password": password or self.person.password,
            },
        )
        self._store_session(response)
        return self.person_id

    async def application(self) -> dict[str, Any]:
        response = await self.call("GET", "/onboarding/v1/me/application")
        return dict(response.body)

    async def wait_for_application(self, **expected: str) -> dict[str, Any]:
        """Wait until steps or the status have these values, e.g. `documents="done"`."""

        async def matching() -> dict[str, Any] | None:
            found = await self.application()
            values = {**found["steps"], "status": found["status"]}
            matches = all(values[name] == value for name, value in expected.items())
            return found if matches else None

        return await wait_until(f"the application of {self.person_id} with {expected}", matching)

    async def declare_employment(self, payer_id: UUID) -> ApiResponse:
        work = self.person.employment
        body = {
            "payer_id": str(payer_id),
            "position": work.position,
            "contract_type": work.contract_type,
            "currency": "COP",
            "net_monthly_salary_cents": work.net_monthly_salary_cents,
            "deductions": [
                {"concept": concept, "amount_cents": cents} for concept, cents in work.deductions
            ],
            "payer_contact": {"name": work.contact_name, "phone": work.contact_phone},
        }
        return await self.call("PUT", "/onboarding/v1/me/employment", json=body)

    async def upload(self, file: DocumentFile) -> dict[str, Any]:
        """Upload one file and wait for its screening: `{document_id, state, reason?}`."""
        path = await self.send(file)

        async def result() -> dict[str, Any] | None:
            return await self.screened(path)

        return await wait_until(f"the screening of {path}", result)

    async def send(self, file: DocumentFile) -> str:
        """Upload one file; the path of the upload, whose screening begins now."""
        request = {
            "kind": file.kind,
            "media_type": file.media_type,
            "size_bytes": len(file.content),
        }
        announced = await self.call(
            "POST", "/documents/v1/me/uploads", json=request, idempotency_key=str(uuid4())
        )
        form = announced.body
        await self._gateway.upload(
            form["url"], form["fields"], file.name, file.content, file.media_type
        )
        path = f"/documents/v1/me/uploads/{form['upload_id']}"
        await self.call("POST", f"{path}/completion", idempotency_key=str(uuid4()))
        return path

    async def screened(self, path: str) -> dict[str, Any] | None:
        """The upload with the result of its screening, or None while there is none."""
        upload = dict((await self.call("GET", path)).body)
        return None if upload["state"] == "received" else upload

    async def upload_all(self, files: Iterable[DocumentFile] | None = None) -> list[dict[str, Any]]:
        """Upload these files one after another; the four required ones by default."""
        chosen = required_files(self.person, datetime.now(UTC).date()) if files is None else files
        return [await self.upload(file) for file in chosen]

    async def dossier(self) -> dict[str, Any]:
        return dict((await self.call("GET", "/documents/v1/me/dossier")).body)

    async def complete(self) -> str:
        """Wait until the documents step is done, then complete; the message to the person."""
        await self.wait_for_application(documents="done")
        response = await self.call("POST", "/onboarding/v1/me/completion")
        return str(response.body["message"])

    async def call(
        self, method: str, path: str, *, json: object = None, idempotency_key: str | None = None
    ) -> ApiResponse:
        """Send a request as this person; sign in again once if the session has expired."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        try:
            return await self._gateway.call(
                method, path, json=json, token=self.token, headers=headers
            )
        except RequestRefused as refused:
            if refused.status != UNAUTHENTICATED:
                raise
        await self.sign_in()
        return await self._gateway.call(method, path, json=json, token=self.token, headers=headers)

    def _store_session(self, response: ApiResponse) -> None:
        self._token = str(response.body["access_token"])
        self._person_id = UUID(response.body["person_id"])
