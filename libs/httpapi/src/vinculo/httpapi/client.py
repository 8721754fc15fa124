"""The client of a request: the network that limits count it by, and whether it still waits."""

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

UNKNOWN_NETWORK: Final = "unknown"
_HOUSEHOLD_PREFIX_LENGTH: Final = 64


@dataclass(frozen=True, slots=True)
class Client:
    """`network` as from `client_network`; `receive` is the server's channel of the request."""

    network: str
    receive: Receive

    async def disconnected(self) -> None:
        """Return when the client has hung up. For routes, whose body has been read before."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


current_client: ContextVar[Client | None] = ContextVar("current_client", default=None)


class ClientMiddleware:
    """ASGI middleware that sets `current_client`, outside of what reads the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = current_client.set(Client(client_network(scope), receive))
        try:
            await self._app(scope, receive, send)
        finally:
            current_client.reset(token)


def client_network(scope: Scope) -> str:
    """The last address of `X-Forwarded-For`, which the gateway added, else the peer's.

    The addresses before it are the client's own claim. Of an IPv6 address the /64 network, because
    one household has all its addresses; an IPv4 address written as IPv6 is that IPv4 address.
    """
    headers = Headers(scope=scope)
    forwarded = ",".join(headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
    peer = scope["client"][0] if scope.get("client") else UNKNOWN_NETWORK
    for candidate in (forwarded, peer):
        try:
            address = ip_address(candidate)
        except ValueError:
            continue
        if isinstance(address, IPv6Address):
            if address.ipv4_mapped is not None:
                return str(address.ipv4_mapped)
            network = ip_network((address, _HOUSEHOLD_PREFIX_LENGTH), strict=False)
            return str(network)
        return str(address)
    return UNKNOWN_NETWORK
