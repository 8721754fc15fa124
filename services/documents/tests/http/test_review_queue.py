from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from vinculo.access import Role
from vinculo.documents.storage.tables import review_queue

from ..dossier_history import NOW
from ..service_fixture import Service

pytestmark = pytest.mark.servers

QUEUE = "/documents/v1/review-queue"


async def fill(service: Service, *hours: int) -> list[str]:
    """Give the people, each submitted that many hours ago."""
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


async def pages(service: Service, limit: int) -> list[list[str]]:
    read: list[list[str]] = []
    cursor: str | None = ""
    async with service.caller(Role.REVIEWER) as reviewer:
        while cursor is not None:
            parameters = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
            page = (await reviewer.get(QUEUE, params=parameters)).json()
            read.append([item["person_id"] for item in page["items"]])
            cursor = page["next_cursor"]
    return read


async def test_the_longest_waiting_comes_first(service: Service) -> None:
    first, second, third = await fill(service, 1, 5, 3)

    assert await pages(service, 25) == [[second, third, first]]


async def test_pages_follow_each_other_without_gap_or_repeat_also_at_one_moment(
    service: Service,
) -> None:
    people = await fill(service, 2, 2, 2, 2, 2)

    assert await pages(service, 2) == [people[:2], people[2:4], people[4:]]


async def test_a_last_full_page_has_no_next(service: Service) -> None:
    people = await fill(service, 2, 2)

    assert await pages(service, 2) == [people]


async def test_an_empty_queue_is_one_empty_page(service: Service) -> None:
    assert await pages(service, 2) == [[]]


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"cursor": "%%%"}, 400),
        ({"cursor": "bm8"}, 400),
        ({"cursor": str(uuid4())}, 400),
        ({"cursor": "x" * 201}, 422),
        ({"limit": "0"}, 422),
        ({"limit": "101"}, 422),
        ({"limit": "many"}, 422),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    service: Service, parameters: dict[str, str], status: int
) -> None:
    async with service.caller(Role.REVIEWER) as reviewer:
        answer = await reviewer.get(QUEUE, params=parameters)

    assert answer.status_code == status
