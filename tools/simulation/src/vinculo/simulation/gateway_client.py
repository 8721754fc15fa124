"""HTTP client for a system behind its gateway, with retries as a phone app would do them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import httpx2

RETRY_SECONDS = 120.0
"""Longer than a server is away when it is replaced or started again."""
TIMEOUT_SECONDS = 60.0
MAX_CONNECTIONS = 64
BUSY = frozenset({429, 502, 503, 504})
CONFLICT = 409
MIN_ERROR_STATUS = 400


class RequestRefused(Exception):
    """An error response; `problem` is the problem document of the service."""

    def __init__(self, method: str, path: str, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        self.problem_type = str(problem.get("type", "")).rpartition(":")[2]
        text = problem.get("detail") or problem.get("title") or ""
        fields = "".join(f"; {each['field']}: {each['code']}" for each in problem.get("errors", ()))
        super().__init__(f"{method} {path}: {status} {self.problem_type} {text}{fields}".rstrip())


@dataclass(frozen=True, slots=True)
class ApiResponse:
    status: int
    body: Any
    headers: Mapping[str, str]


class GatewayClient:
    """Retries for `retry_seconds` after responses that ask for it (429, 503, Retry-After).

    An idempotent request (GET, PUT, or with an Idempotency-Key) is also retried after a connection
    error. `public_url` is the address in the system's links, if it differs from the one to use.
    """

    def __init__(
        self,
        url: str,
        *,
        public_url: str | None = None,
        retry_seconds: float = RETRY_SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._public_url = (public_url or url).rstrip("/")
        self._retry_seconds = retry_seconds
        self._client = httpx2.AsyncClient(
            base_url=self.url,
            timeout=TIMEOUT_SECONDS,
            limits=httpx2.Limits(max_connections=MAX_CONNECTIONS),
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
    ) -> ApiResponse:
        """The successful response. Raises RequestRefused for an error response."""
        all_headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        request = self._client.build_request(
            method, path, json=json, params=params, headers=all_headers
        )
        response = await self._send(request)
        result = ApiResponse(response.status_code, _body(response), response.headers)
        if response.status_code >= MIN_ERROR_STATUS:
            raise RequestRefused(method, path, result.status, _problem(result))
        return result

    async def upload(
        self, url: str, fields: Mapping[str, str], name: str, content: bytes, media_type: str
    ) -> None:
        """Upload a file with a presigned form."""
        address, headers = self._reachable(url)
        files = {"file": (name, content, media_type)}
        request = self._client.build_request(
            "POST", address, data=dict(fields), files=files, headers=headers
        )
        response = await self._send(request)
        if response.status_code >= MIN_ERROR_STATUS:
            problem = {"detail": response.text[:200]}
            raise RequestRefused("POST", urlsplit(url).path, response.status_code, problem)

    async def download(self, url: str) -> bytes:
        address, headers = self._reachable(url)
        response = await self._send(self._client.build_request("GET", address, headers=headers))
        if response.status_code >= MIN_ERROR_STATUS:
            problem = {"detail": response.text[:200]}
            raise RequestRefused("GET", urlsplit(url).path, response.status_code, problem)
        return response.content

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._retry_seconds
        is_idempotent = request.method in {"GET", "PUT"} or "Idempotency-Key" in request.headers
        while True:
            delay = 0.5
            try:
                response = await self._client.send(request)
            except httpx2.TransportError:
                if not is_idempotent or loop.time() > deadline:
                    raise
            else:
                retry_after = _retry_after_seconds(response)
                if retry_after is None or loop.time() > deadline:
                    return response
                delay = retry_after
            await asyncio.sleep(delay)

    def _reachable(self, url: str) -> tuple[str, dict[str, str]]:
        """The address to connect to, and the Host header that the address was signed for."""
        if not url.startswith(self._public_url):
            return url, {}
        own = urlsplit(self.url)
        parts = urlsplit(url)
        address = urlunsplit(parts._replace(scheme=own.scheme, netloc=own.netloc))
        return address, {"Host": parts.netloc}


def _retry_after_seconds(response: httpx2.Response) -> float | None:
    """The delay before a retry, or None when the response is final."""
    header = response.headers.get("Retry-After", "")
    if response.status_code in BUSY or (response.status_code == CONFLICT and header):
        return min(float(header), 5.0) if header.isdigit() else 0.5
    return None


def _body(response: httpx2.Response) -> Any:  # noqa: ANN401 - JSON of any shape
    if response.content and "json" in response.headers.get("Content-Type", ""):
        return response.json()
    return response.text


def _problem(response: ApiResponse) -> Mapping[str, Any]:
    return (
        response.body if isinstance(response.body, dict) else {"detail": str(response.body)[:200]}
    )
