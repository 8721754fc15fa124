"""A stub system with scripted responses, and mails as the mail server stores them."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2

from vinculo.simulation.gateway_client import GatewayClient
from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people

ANA = make_people(1, seed=1, payers=payers())[0]


class StubSystem:
    """Scripted responses by method and path; the last one repeats. Records all requests."""

    def __init__(self) -> None:
        self.responses: dict[tuple[str, str], list[httpx2.Response]] = {}
        self.requests: list[httpx2.Request] = []

    def on(
        self,
        request: str,
        status: int,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> "StubSystem":
        method, path = request.split()
        response = httpx2.Response(status, json=body, headers=headers)
        self.responses.setdefault((method, path), []).append(response)
        return self

    def respond(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        responses = self.responses[request.method, request.url.path]
        return responses.pop(0) if len(responses) > 1 else responses[0]

    def gateway(self, url: str = "http://system", **options: Any) -> GatewayClient:
        return GatewayClient(url, transport=httpx2.MockTransport(self.respond), **options)

    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]


def problem(slug: str) -> dict[str, Any]:
    return {"type": f"urn:vinculo:problem:{slug}", "title": "No", "status": 400}


def store_mail(folder: Path, to: str, text: str, number: int = 1) -> None:
    message = EmailMessage()
    message["Subject"] = "Hola"
    message["X-Envelope-To"] = to
    message.set_content(text)
    (folder / f"{number}-x.eml").write_bytes(message.as_bytes())
