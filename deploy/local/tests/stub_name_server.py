"""A name server for tests: answers questions for IPv4 addresses from a mapping that may change."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from typing import cast

HEADER = struct.Struct("!HHHHHH")
ANSWER = struct.Struct("!HHHIH4s")
NAME_OF_QUESTION = 0xC00C
TYPE_A = 1
RESPONSE, NO_SUCH_NAME = 0x8180, 0x8183
TTL_SECONDS = 3600


class NameServer(asyncio.DatagramProtocol):
    """`addresses` has the IPv4 addresses of each name; other names do not exist."""

    def __init__(self, addresses: Mapping[str, list[str]]) -> None:
        self._addresses = addresses

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        number = HEADER.unpack_from(data)[0]
        name, end = _name_at(data, HEADER.size)
        kind, _ = struct.unpack_from("!HH", data, end)
        known = self._addresses.get(name)
        found = known if known and kind == TYPE_A else []
        flags = RESPONSE if known else NO_SUCH_NAME
        answers = b"".join(
            ANSWER.pack(NAME_OF_QUESTION, TYPE_A, 1, TTL_SECONDS, 4, IPv4Address(each).packed)
            for each in found
        )
        header = HEADER.pack(number, flags, 1, len(found), 0, 0)
        self._transport.sendto(header + data[HEADER.size : end + 4] + answers, addr)


def _name_at(data: bytes, start: int) -> tuple[str, int]:
    """The name of a question and the position after it."""
    labels, position = [], start
    while length := data[position]:
        labels.append(data[position + 1 : position + 1 + length].decode("ascii"))
        position += 1 + length
    return ".".join(labels), position + 1


@asynccontextmanager
async def name_server(addresses: Mapping[str, list[str]]) -> AsyncIterator[str]:
    """Serve the names on the loopback address; yields `host:port`."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: NameServer(addresses), local_addr=("127.0.0.1", 0)
    )
    try:
        host, port = transport.get_extra_info("sockname")
        yield f"{host}:{port}"
    finally:
        transport.close()
