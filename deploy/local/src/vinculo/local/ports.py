"""Free ports on the loopback address, below the kernel's range for outgoing connections."""

import random
import socket
from collections.abc import Iterable, Mapping

FIRST, LAST = 15000, 32000


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(names: Iterable[str], preferred: Mapping[str, int] | None = None) -> dict[str, int]:
    """A port per name, all different: the preferred one if it is free, else a random one."""
    ports: dict[str, int] = {}
    for name in names:
        port = (preferred or {}).get(name, 0)
        while not port or port in ports.values() or not is_free(port):
            port = random.randint(FIRST, LAST)  # noqa: S311  # not security-relevant
        ports[name] = port
    return ports
