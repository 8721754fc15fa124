"""The refresh token of a browser: in a cookie that no script reads and no other site sends.

`SameSite=Strict` keeps other sites' requests without it; the `Origin` is looked at as well, for
what shares a site without being ours.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from vinculo.httpapi import Problem

COOKIE: Final = "__Host-vinculo-refresh"
_ATTRIBUTES: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"
CLEARED: Final = f"{COOKIE}=; Max-Age=0; {_ATTRIBUTES}"


@dataclass(frozen=True, slots=True)
class RefreshCookies:
    origin: str

    def require_own_origin(self, request: Request) -> None:
        """403 `origin-refused`: browsers send the header with every request that changes things."""
        if request.headers.get("origin") != self.origin:
            raise Problem(403, "origin-refused")

    def token(self, request: Request) -> str | None:
        """Looked at only from our own origin."""
        token = request.cookies.get(COOKIE)
        if token is not None:
            self.require_own_origin(request)
        return token

    def set(self, response: Response, token: str, now: datetime, lapses_at: datetime) -> None:
        seconds = max(0, int((lapses_at - now).total_seconds()))
        response.headers.append("set-cookie", f"{COOKIE}={token}; Max-Age={seconds}; {_ATTRIBUTES}")

    def clear(self, response: Response) -> None:
        response.headers.append("set-cookie", CLEARED)


def refresh_cookies(public_url: str) -> RefreshCookies:
    parts = urlsplit(public_url)
    return RefreshCookies(f"{parts.scheme}://{parts.netloc}".lower())
