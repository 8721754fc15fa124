"""Pages of random questions beside what looking at everybody gives, one person after another."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from bench.lists.asking import NOW, PAGE, ZONE, Asked, Asking
from vinculo.query_api.mongo import Document
from vinculo.query_api.testing.random_queries import ListRequest
from vinculo.query_api.testing.reference_lists import reference_list

MOST_PAGES = 3


async def everybody(asking: Asking) -> list[Document]:
    return await asking.collections.people.find({"kind": {"$exists": True}}).to_list(None)


async def is_right(asking: Asking, question: ListRequest, people: Sequence[Document]) -> bool:
    """Whether the first pages hold whom they should, in order, and say how many there are."""
    today = NOW.astimezone(ZONE).date()
    found = reference_list(people, question, zone=ZONE, today=today)
    expected = [person["_id"] for person in found]
    asked = Asked.first_page(question)
    seen: list[UUID] = []
    for _ in range(MOST_PAGES):
        listed = await asking.answered(asked)
        seen += [document["_id"] for document in listed.page.documents]
        is_counted = listed.total.is_capped or listed.total.people == len(expected)
        if not is_counted or seen != expected[: len(seen)]:
            return False
        if listed.page.following is None:
            return seen == expected
        asked = replace(asked, cursor=listed.page.following)
    return len(seen) == MOST_PAGES * PAGE
