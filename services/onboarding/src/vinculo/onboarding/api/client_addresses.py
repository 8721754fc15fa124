"""From where a request comes, as the gateway says."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from fastapi import Request

UNKNOWN: Final = "unknown"
_ONE_HOUSEHOLD: Final = 64


def client_address(request: Request) -> str:
    """The last address of `X-Forwarded-For`: the gateway's own word, what stands before is not.

    Of IPv6 the network: one household has as many addresses as it likes.
    """
    said = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
    peer = request.client.host if request.client else UNKNOWN
    for candidate in (said, peer):
        try:
            address = ip_address(candidate)
        except ValueError:
            continue
        if isinstance(address, IPv6Address):
            return str(ip_network((address, _ONE_HOUSEHOLD), strict=False))
        return str(address)
    return UNKNOWN
