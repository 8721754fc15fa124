"""Free ports on the loopback address, below the range the kernel gives to outgoing connections."""

import random
import socket
from collections.abc import Iterable

FIRST, LAST = 15000, 32000


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(names: Iterable[str], kept: dict[str, int] | None = None) -> dict[str, int]:
    """Give every name a port: the kept one while it is free, else a new one, all different."""
    chosen: dict[str, int] = {}
    for name in names:
        port = (kept or {}).get(name, 0)
        while not port or port in chosen.values() or not is_free(port):
            port = random.randint(FIRST, LAST)  # noqa: S311  # nothing secret about a port
        chosen[name] = port
    return chosen
