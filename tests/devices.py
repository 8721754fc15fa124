"""A browser and a phone as they keep a session: the one in a cookie, the other in its own store."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import httpx2

COOKIE = "__Host-vinculo-refresh"


@dataclass(kw_only=True)
class Device(ABC):
    """Asks through the gateway in one language; `access_token` is that of its own session."""

    client: httpx2.AsyncClient
    language: str
    access_token: str = field(default="", init=False)

    async def open(self, path: str, **body: Any) -> dict[str, Any]:
        """Open or refresh the session here."""
        answer = await self._send("POST", path, json=body, headers=self.session_headers())
        answer.raise_for_status()
        self.keep(answer)
        opened: dict[str, Any] = answer.json()
        self.access_token = opened["access_token"]
        return opened

    async def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.access_token}"}
        return await self._send(method, path, headers=headers, **options)

    @abstractmethod
    def session_headers(self) -> dict[str, str]:
        """What opening or refreshing the session needs besides the body."""

    @abstractmethod
    def keep(self, answer: httpx2.Response) -> None:
        """Put away the refresh token as this kind of device does."""

    async def _send(
        self, method: str, path: str, *, headers: dict[str, str], **options: Any
    ) -> httpx2.Response:
        sent = {"Accept-Language": self.language, **headers}
        return await self.client.request(method, path, headers=sent, **options)


@dataclass(kw_only=True)
class Browser(Device):
    """Its scripts never see the refresh token; it says where the page is from."""

    origin: str
    cookie: str = field(default="", init=False)

    def session_headers(self) -> dict[str, str]:
        kept = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        return {"Origin": self.origin, **kept}

    def keep(self, answer: httpx2.Response) -> None:
        assert "refresh_token" not in answer.json()
        morsel = SimpleCookie(answer.headers["Set-Cookie"])[COOKIE]
        assert (morsel["secure"], morsel["httponly"]) == (True, True)
        assert (morsel["samesite"], morsel["path"], morsel["domain"]) == ("Strict", "/", "")
        self.cookie = morsel.value


@dataclass(kw_only=True)
class Phone(Device):
    refresh_token: str = field(default="", init=False)

    def session_headers(self) -> dict[str, str]:
        return {}

    def keep(self, answer: httpx2.Response) -> None:
        assert "Set-Cookie" not in answer.headers
        self.refresh_token = answer.json()["refresh_token"]
