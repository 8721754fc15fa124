"""Calls of the tests of submissions: a stranger's registration, activations, sealed parts."""

from typing import Any
from uuid import UUID

import httpx2

from .http_calls import WRONG_PASSWORD
from .service_fixture import PASSWORD, Link, ServiceFixture

STRANGER = {
    "email": "eva@example.com",
    "given_names": "Eva",
    "surnames": "Otra",
    "password": WRONG_PASSWORD,
}


async def activate(
    service: ServiceFixture, link: Link, password: str = PASSWORD
) -> httpx2.Response:
    return await service.post("activations", link.body(password))


async def part_of(service: ServiceFixture, person_id: UUID, type_: str) -> list[Any]:
    """The decrypted personal parts of the person's events of the type."""
    return [
        await service.dependencies.keyring.decrypt(person_id, event.event_id, event.personal)
        for event in await service.events(person_id)
        if event.type == type_ and event.personal is not None
    ]
