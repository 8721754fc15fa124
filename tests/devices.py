"""Clients that keep a session: a browser in a cookie, a phone app in its own storage."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import httpx2

COOKIE = "__Host-vinculo-refresh"


@dataclass(kw_only=True)
class Device(ABC):
    """A client with its own session and a fixed language."""

    client: httpx2.AsyncClient
    language: str
    access_token: str = field(default="", init=False)

    async def open(self, path: str, **body: Any) -> dict[str, Any]:
        """Open or refresh the session."""
        response = await self._send("POST", path, json=body, headers=self.session_headers())
        response.raise_for_status()
        self.store_refresh_token(response)
        opened: dict[str, Any] = response.json()
        self.access_token = opened["access_token"]
        return opened

    async def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.access_token}"}
        return await self._send(method, path, headers=headers, **options)

    @abstractmethod
    def session_headers(self) -> dict[str, str]:
        """Headers for opening or refreshing the session."""

    @abstractmethod
    def store_refresh_token(self, response: httpx2.Response) -> None:
        """Store the refresh token as this kind of client does."""

    async def _send(
        self, method: str, path: str, *, headers: dict[str, str], **options: Any
    ) -> httpx2.Response:
        sent = {"Accept-Language": self.language, **headers}
        return await self.client.request(method, path, headers=sent, **options)


@dataclass(kw_only=True)
class Browser(Device):
    """Keeps the refresh token in a cookie, out of reach of scripts; sends an Origin header."""

    origin: str
    cookie: str = field(default="", init=False)

    def session_headers(self) -> dict[str, str]:
        cookie = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        return {"Origin": self.origin, **cookie}

    def store_refresh_token(self, response: httpx2.Response) -> None:
        assert "refresh_token" not in response.json()
        morsel = SimpleCookie(response.headers["Set-Cookie"])[COOKIE]
        assert (morsel["secure"], morsel["httponly"]) == (True, True)
        assert (morsel["samesite"], morsel["path"], morsel["domain"]) == ("Strict", "/", "")
        self.cookie = morsel.value


@dataclass(kw_only=True)
class Phone(Device):
    refresh_token: str = field(default="", init=False)

    def session_headers(self) -> dict[str, str]:
        return {}

    def store_refresh_token(self, response: httpx2.Response) -> None:
        assert "Set-Cookie" not in response.headers
        self.refresh_token = response.json()["refresh_token"]
