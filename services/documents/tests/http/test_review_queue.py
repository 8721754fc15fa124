from datetime import timedelta
from uuid import UUID

import pytest

from vinculo.access import Role
from vinculo.documents.storage.tables import review_queue

from ..dossier_history import NOW
from ..service_fixture import ServiceFixture

pytestmark = pytest.mark.servers

QUEUE = "/documents/v1/review-queue"


async def fill(service: ServiceFixture, *hours: int) -> list[str]:
    """Queue a person for each number of hours since submission; returns their ids."""
    people = [UUID(int=index) for index, _ in enumerate(hours, start=1)]
    rows = [
        {
            "person_id": person,
            "submitted_at": NOW - timedelta(hours=ago),
            "document_count": 4,
        }
        for person, ago in zip(people, hours, strict=True)
    ]
    async with service.connections.database.begin() as connection:
        await connection.execute(review_queue.insert(), rows)
    return [str(person) for person in people]


async def pages(service: ServiceFixture, limit: int) -> list[list[str]]:
    read: list[list[str]] = []
    cursor: str | None = ""
    async with service.caller(Role.REVIEWER) as reviewer:
        while cursor is not None:
            parameters = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
            page = (await reviewer.get(QUEUE, params=parameters)).json()
            read.append([item["person_id"] for item in page["items"]])
            cursor = page["next_cursor"]
    return read


async def test_the_oldest_submission_comes_first(service: ServiceFixture) -> None:
    first, second, third = await fill(service, 1, 5, 3)

    assert await pages(service, 25) == [[second, third, first]]


async def test_pages_have_no_gap_and_no_repeat_even_at_equal_times(
    service: ServiceFixture,
) -> None:
    people = await fill(service, 2, 2, 2, 2, 2)

    assert await pages(service, 2) == [people[:2], people[2:4], people[4:]]


async def test_a_full_last_page_has_no_cursor(service: ServiceFixture) -> None:
    people = await fill(service, 2, 2)

    assert await pages(service, 2) == [people]


async def test_an_empty_queue_is_one_empty_page(service: ServiceFixture) -> None:
    assert await pages(service, 2) == [[]]
