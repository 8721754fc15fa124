"""A person filling in the application on a phone: the five steps over HTTP."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from vinculo.simulation.conditions import until
from vinculo.simulation.files import File, required_files
from vinculo.simulation.gateway import Answer, Gateway, Refused
from vinculo.simulation.mails import Link, MailBox
from vinculo.simulation.people import Person

UNAUTHENTICATED = 401


class NotSignedIn(Exception):
    """Activate or sign in first."""


class Applicant:
    """`person_id` and `token` are known once the account was activated or signed in to."""

    def __init__(self, gateway: Gateway, mails: MailBox, person: Person) -> None:
        self.person = person
        self._gateway = gateway
        self._mails = mails
        self._person_id: UUID | None = None
        self._token: str | None = None

    @property
    def person_id(self) -> UUID:
        if self._person_id is None:
            raise NotSignedIn
        return self._person_id

    @property
    def token(self) -> str:
        if self._token is None:
            raise NotSignedIn
        return self._token

    async def register(self, **changed: Any) -> Answer:  # noqa: ANN401 - any field of the form
        """Send step one; `changed` replaces fields of the form."""
        body = {**await self.registration_form(), **changed}
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

    async def link(self) -> Link:
        """Wait for the activation mail and take the newest link."""
        return await self._mails.wait_for_link(self.person.email)

    async def activate(self, link: Link | None = None) -> UUID:
        """Use the link of the mail, which signs the person in; give the person's id."""
        used = link or await self.link()
        answer = await self._gateway.call(
            "POST",
            "/onboarding/v1/activations",
            json={"link_id": str(used.link_id), "token": used.token},
        )
        self._take(answer)
        return self.person_id

    async def sign_in(self, password: str | None = None) -> UUID:
        """Sign in with the document number alone, as people do."""
        answer = await self._gateway.call(
            "POST",
            "/onboarding/v1/sessions",
            json={
                "document_number": self.person.document_number,
                "password": password or self.person.password,
            },
        )
        self._take(answer)
        return self.person_id

    async def application(self) -> dict[str, Any]:
        answer = await self.call("GET", "/onboarding/v1/me/application")
        return dict(answer.body)

    async def application_when(self, **wanted: str) -> dict[str, Any]:
        """Wait until steps or status are as named, e.g. `documents="done"`."""

        async def as_wanted() -> dict[str, Any] | None:
            found = await self.application()
            so = {**found["steps"], "status": found["status"]}
            return found if all(so[name] == value for name, value in wanted.items()) else None

        return await until(f"the application of {self.person_id} with {wanted}", as_wanted)

    async def find_payer(self, name: str) -> UUID:
        answer = await self._gateway.call("GET", "/onboarding/v1/payers", params={"q": name})
        return next(UUID(each["payer_id"]) for each in answer.body["items"] if each["name"] == name)

    async def declare_employment(self, payer_id: UUID | None = None) -> None:
        work = self.person.employment
        chosen = payer_id or await self.find_payer(work.payer.name)
        body = {
            "payer_id": str(chosen),
            "position": work.position,
            "contract_type": work.contract_type,
            "currency": "COP",
            "net_monthly_salary_cents": work.net_monthly_salary_cents,
            "deductions": [
                {"concept": concept, "amount_cents": cents} for concept, cents in work.deductions
            ],
            "payer_contact": {"name": work.contact_name, "phone": work.contact_phone},
        }
        await self.call("PUT", "/onboarding/v1/me/employment", json=body)

    async def upload(self, file: File) -> dict[str, Any]:
        """Send one file and have it screened: `{document_id, state, reason?}`."""
        asked = {
            "kind": file.kind,
            "media_type": file.media_type,
            "size_bytes": len(file.content),
        }
        opened = await self.call(
            "POST", "/documents/v1/me/uploads", json=asked, idempotency_key=str(uuid4())
        )
        form = opened.body
        await self._gateway.upload(
            form["url"], form["fields"], file.name, file.content, file.media_type
        )
        answer = await self.call(
            "POST",
            f"/documents/v1/me/uploads/{form['upload_id']}/completion",
            idempotency_key=str(uuid4()),
        )
        return dict(answer.body)

    async def upload_all(self, files: Iterable[File] | None = None) -> list[dict[str, Any]]:
        """Send the four required files, or those given, one after another."""
        chosen = required_files(self.person, datetime.now(UTC).date()) if files is None else files
        return [await self.upload(file) for file in chosen]

    async def dossier(self) -> dict[str, Any]:
        return dict((await self.call("GET", "/documents/v1/me/dossier")).body)

    async def complete(self) -> str:
        """Wait until the documents count as provided, then finish; give the words shown."""
        await self.application_when(documents="done")
        answer = await self.call("POST", "/onboarding/v1/me/completion")
        return str(answer.body["message"])

    async def call(
        self, method: str, path: str, *, json: object = None, idempotency_key: str | None = None
    ) -> Answer:
        """Ask in this person's name; a session that ended is opened anew, once."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        try:
            return await self._gateway.call(
                method, path, json=json, token=self.token, headers=headers
            )
        except Refused as refused:
            if refused.status != UNAUTHENTICATED:
                raise
        await self.sign_in()
        return await self._gateway.call(method, path, json=json, token=self.token, headers=headers)

    def _take(self, answer: Answer) -> None:
        self._token = str(answer.body["access_token"])
        self._person_id = UUID(answer.body["person_id"])
