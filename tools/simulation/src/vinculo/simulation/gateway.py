"""Speaking HTTP to a system through its gateway, as a client on a phone would."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import httpx2

PATIENCE_SECONDS = 60.0
TIMEOUT_SECONDS = 60.0
CONNECTIONS = 64
BUSY = frozenset({429, 502, 503, 504})
CONFLICT = 409
FAILED = 400


class Refused(Exception):
    """An answer that is not a success: a problem as the services describe it."""

    def __init__(self, method: str, path: str, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        self.slug = str(problem.get("type", "")).rpartition(":")[2]
        said = problem.get("detail") or problem.get("title") or ""
        fields = "".join(f"; {each['field']}: {each['code']}" for each in problem.get("errors", ()))
        super().__init__(f"{method} {path}: {status} {self.slug} {said}{fields}".rstrip())


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


class Gateway:
    """Waits and asks again where the system says so (429, 503, Retry-After), within `patience`.

    A request that has no effect twice (GET, PUT, or with an Idempotency-Key) is also asked again
    after a broken connection. `public_url` is where links of the system lead when that is not
    where it can be reached from here.
    """

    def __init__(
        self,
        url: str,
        *,
        public_url: str | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._public_url = (public_url or url).rstrip("/")
        self._patience_seconds = patience_seconds
        self._client = httpx2.AsyncClient(
            base_url=self.url,
            timeout=TIMEOUT_SECONDS,
            limits=httpx2.Limits(max_connections=CONNECTIONS),
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        token: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Give the answer of a success; raise Refused for anything else."""
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        request = self._client.build_request(method, path, json=json, params=params, headers=sent)
        response = await self._send(request)
        answer = Answer(response.status_code, _body(response), response.headers)
        if response.status_code >= FAILED:
            raise Refused(method, path, answer.status, _problem(answer))
        return answer

    async def upload(
        self, url: str, fields: Mapping[str, str], name: str, content: bytes, media_type: str
    ) -> None:
        """Send a file by a presigned form."""
        address, headers = self._reachable(url)
        files = {"file": (name, content, media_type)}
        request = self._client.build_request(
            "POST", address, data=dict(fields), files=files, headers=headers
        )
        response = await self._send(request)
        if response.status_code >= FAILED:
            told = {"detail": response.text[:200]}
            raise Refused("POST", urlsplit(url).path, response.status_code, told)

    async def download(self, url: str) -> bytes:
        address, headers = self._reachable(url)
        response = await self._client.get(address, headers=headers)
        if response.status_code >= FAILED:
            told = {"detail": response.text[:200]}
            raise Refused("GET", urlsplit(url).path, response.status_code, told)
        return response.content

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience_seconds
        repeatable = request.method in {"GET", "PUT"} or "Idempotency-Key" in request.headers
        while True:
            wait = 0.5
            try:
                response = await self._client.send(request)
            except httpx2.TransportError:
                if not repeatable or loop.time() > deadline:
                    raise
            else:
                again = _asks_to_come_back(response)
                if again is None or loop.time() > deadline:
                    return response
                wait = again
            await asyncio.sleep(wait)

    def _reachable(self, url: str) -> tuple[str, dict[str, str]]:
        """The address to connect to, and the host that the address was signed for."""
        if not url.startswith(self._public_url):
            return url, {}
        here = urlsplit(self.url)
        parts = urlsplit(url)
        address = urlunsplit(parts._replace(scheme=here.scheme, netloc=here.netloc))
        return address, {"Host": parts.netloc}


def _asks_to_come_back(response: httpx2.Response) -> float | None:
    """Seconds to wait, or None when the answer stands."""
    told = response.headers.get("Retry-After", "")
    if response.status_code in BUSY or (response.status_code == CONFLICT and told):
        return min(float(told), 5.0) if told.isdigit() else 0.5
    return None


def _body(response: httpx2.Response) -> Any:  # noqa: ANN401 - JSON of any shape
    if response.content and "json" in response.headers.get("Content-Type", ""):
        return response.json()
    return response.text


def _problem(answer: Answer) -> Mapping[str, Any]:
    return answer.body if isinstance(answer.body, dict) else {"detail": str(answer.body)[:200]}
