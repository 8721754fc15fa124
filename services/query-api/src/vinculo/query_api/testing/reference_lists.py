"""Reference results of lists, found by checking every person against the request.

It shares no code with the search, filters and plans that are compared with it, only the catalogue,
which says what field a column shows.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from vinculo.query_api.lists.catalogue import ListName, PeopleList
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.testing.random_queries import ListRequest

SEARCHED = {
    ListName.PRE_CUSTOMERS: ("name", "phone"),
    ListName.CUSTOMERS: ("name", "phone", "email", "document", "id"),
    ListName.REGISTRATIONS: ("name", "document"),
}


def reference_list(
    people: Iterable[Person], request: ListRequest, *, zone: ZoneInfo, today: date
) -> list[Person]:
    """All people who match the request, in its order."""
    people_list = request.people_list
    found = [p for p in people if _matches(p, people_list, request.filters, zone, today)]
    column = people_list.column(request.sort.removeprefix("-"))
    path = "_id" if column is None or column.sort_field is None else column.sort_field
    found.sort(
        key=lambda person: (_comparable(_at(person, path)), person["_id"].bytes),
        reverse=request.sort.startswith("-"),
    )
    return found


def _matches(
    person: Person,
    people_list: PeopleList,
    filters: Mapping[str, Any],
    zone: ZoneInfo,
    today: date,
) -> bool:
    statuses = set(filters.get("status") or people_list.statuses)
    if people_list.name is ListName.REGISTRATIONS and "pending" in statuses:
        statuses.add("pending_email_verification")
    loans = {"none": False, "some": True}.get(filters.get("active_loans", ""))
    requirement, concern = filters.get("blocked_by"), filters.get("concern")
    return (
        person["kind"] in people_list.kinds
        and person["status"] in statuses
        and (loans is None or (person["active_loans"] > 0) is loans)
        and _on_days(_at(person, people_list.created_field), "created", filters, zone, today)
        and _on_days(person["modified"], "modified", filters, zone, today)
        and (requirement is None or requirement in person["blocked_by"])
        and (concern is None or concern in person["concerns"])
        and finds(person, filters.get("q", ""), SEARCHED[people_list.name])
    )


def _on_days(
    moment: datetime, name: str, filters: Mapping[str, Any], zone: ZoneInfo, today: date
) -> bool:
    day = moment.astimezone(zone).date()
    first, last = _period(str(filters.get(name, "")), today)
    if f"{name}_from" in filters:
        first = date.fromisoformat(filters[f"{name}_from"])
    if f"{name}_to" in filters:
        last = date.fromisoformat(filters[f"{name}_to"])
    return first <= day <= last


def _period(preset: str, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday())
    end_of_month_before = today.replace(day=1) - timedelta(days=1)
    return {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "last_7_days": (today - timedelta(days=6), today),
        "last_30_days": (today - timedelta(days=29), today),
        "this_week": (monday, today),
        "last_week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "this_month": (today.replace(day=1), today),
        "last_month": (end_of_month_before.replace(day=1), end_of_month_before),
    }.get(preset, (date.min, date.max))


def finds(person: Person, text: str, searched: Sequence[str]) -> bool:
    """Whether the person matches the text, in a list that searches in these fields."""
    if "id" in searched and _identifier(text) is not None:
        return _identifier(text) in {person["_id"], person["customer_id"]}
    words = [text] if _is_number(text) else _plain(text).split()
    return all(_has_word(person, word, searched) for word in words)


def _is_number(text: str) -> bool:
    return any(c.isdigit() for c in text) and all(c.isdigit() or c in " .-()+" for c in text)


def _has_number(person: Person, digits: str, searched: Sequence[str]) -> bool:
    personal = person["personal"]
    phone = personal["phone"].removeprefix("+")
    return ("phone" in searched and _begins([phone, phone.removeprefix("57")], digits, 4)) or (
        "document" in searched and _begins([_bare(personal["document_number"])], digits, 4)
    )


def _has_word(person: Person, word: str, searched: Sequence[str]) -> bool:
    personal = person["personal"]
    if _is_number(word):
        return _has_number(person, "".join(c for c in word if c.isdigit()), searched)
    if "email" in searched and _begins([personal["email"].lower()], word, 3):
        return True
    if "@" in word:
        return False
    document = _bare(personal["document_number"])
    bare = _bare(word)
    if "document" in searched and any(c.isdigit() for c in word) and _begins([document], bare, 3):
        return True
    names = re.split(r"[\W_]+", _plain(f"{personal['given_names']} {personal['surnames']}"))
    parts = [part for part in re.split(r"[\W_]+", word) if part]
    if parts != [word]:
        return bool(parts) and all(_has_word(person, part, searched) for part in parts)
    return _begins(names, word, 3)


def _begins(values: Iterable[str], prefix: str, shortest: int) -> bool:
    if len(prefix) < shortest:
        return prefix in set(values)
    return any(value.startswith(prefix) for value in values)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", _plain(text))


def _identifier(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _at(person: Person, path: str) -> Any:  # noqa: ANN401 - a cell is of any type
    value: Any = person
    for part in path.split("."):
        value = value[part]
    return value


def _comparable(value: Any) -> Any:  # noqa: ANN401 - likewise
    return value.bytes if isinstance(value, UUID) else value
