"""A simple rule to plan a page by, which the service's planner is measured against.

A search reads the index of its rarest word, found by counting the people of each word up to a
limit. Any other page is read in the order of its sort column, for a second at most; then MongoDB
chooses.
"""

from typing import Any

from vinculo.query_api.lists.catalogue import Sort
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.planner.planner import Plan
from vinculo.query_api.lists.search import Word, any_of
from vinculo.query_api.mongo import Collection
from vinculo.query_api.person_document.indexes import TOKENS_INDEX, index_name
from vinculo.query_api.person_document.schema import Person

MAX_COUNTED = 1_000


async def plans_by_rule(
    people: Collection[Person], people_filter: PeopleFilter, sort: Sort
) -> list[Plan]:
    """The plan of the rule, and MongoDB's choice for when it takes too long."""
    server_choice = Plan(index=None, match=people_filter.match(), estimated_rows=0)
    words = people_filter.search.words
    if people_filter.search.identifier is not None:
        return [server_choice]
    if not words:
        in_order = Plan(index=index_name(sort.field), match=people_filter.match(), estimated_rows=0)
        return [in_order, server_choice]
    counts = [await _people_with(people, word) for word in words]
    rarest = words[counts.index(min(counts))]
    hidden = [_without_bounds(each) for each in people_filter.conditions()]
    conditions = [_first_tokens(rarest), *hidden]
    by_word = Plan(
        index=TOKENS_INDEX,
        match={**people_filter.prefix(), "$and": conditions},
        estimated_rows=0,
    )
    return [by_word, server_choice]


async def _people_with(people: Collection[Person], word: Word) -> int:
    counted = await people.count_documents(
        _first_tokens(word), limit=MAX_COUNTED, hint=TOKENS_INDEX
    )
    return int(counted)


def _first_tokens(word: Word) -> dict[str, Any]:
    """A condition that the index serves: the first part of each alternative."""
    return any_of([token for alternative in word.alternatives for token in alternative[0]])


def _without_bounds(condition: dict[str, Any]) -> dict[str, Any]:
    """The same condition in a form from which MongoDB derives no index bounds."""
    return {"$nor": [{"$nor": [condition]}]}
