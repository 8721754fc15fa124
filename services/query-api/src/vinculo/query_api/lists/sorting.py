"""Sort orders by name, each mapped to the one indexed field behind a column."""

from dataclasses import dataclass

from vinculo.httpapi import Problem
from vinculo.query_api.lists.catalogue import PeopleList
from vinculo.query_api.lists.refusals import refusal
from vinculo.translation import DEFAULT_LANGUAGE, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    name: str
    field: str
    descending: bool

    def keys(self, *, backward: bool = False) -> list[tuple[str, int]]:
        """Field and direction pairs; the id breaks ties in the same direction."""
        direction = -1 if self.descending != backward else 1
        if self.field == "_id":
            return [("_id", direction)]
        return [(self.field, direction), ("_id", direction)]


def sort_by(
    people_list: PeopleList, text: str | None, language: Language = DEFAULT_LANGUAGE
) -> Sort:
    """`name` ascending, `-name` descending. Raises Problem 422 for what is not sortable."""
    text = text or people_list.default_sort
    column = people_list.column(text.removeprefix("-"))
    if column is None or column.sort_field is None:
        sortable = ", ".join(c.name for c in people_list.columns if c.sort_field is not None)
        errors = [refusal("sort", "not_sortable", language, sortable)]
        raise Problem(422, "filter-invalid", errors=errors)
    return Sort(name=text, field=column.sort_field, descending=text.startswith("-"))
