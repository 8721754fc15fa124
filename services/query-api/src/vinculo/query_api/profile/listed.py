"""The document of a person whom the lists show."""

from typing import Any
from uuid import UUID

from vinculo.httpapi import Problem
from vinculo.query_api.mongo import Collection


async def listed_person(people: Collection, person_id: UUID) -> dict[str, Any]:
    """Raises Problem 404 for who is unknown and 410 for who is erased.

    Somebody who registered a moment ago is unknown until every part has arrived.
    """
    person: dict[str, Any] | None = await people.find_one({"_id": person_id})
    if person is not None and person.get("erased_at") is not None:
        raise Problem(410, "person-erased")
    if person is None or person.get("kind") is None:
        raise Problem(404, "person-unknown", headers={"Retry-After": "1"})
    return person
