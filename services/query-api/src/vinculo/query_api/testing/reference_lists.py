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
SHORTEST = 3
"""Letters of a prefix of a name."""
ALPHABET = "abcdefghijklmnñopqrstuvwxyz"
LIGATURES = {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}  # noqa: RUF001 - Turkish
DOCUMENT_LABELS = {"cc", "ce", "ti", "nit", "ppt", "passport", "pasaporte", "cedula"}


def reference_list(
    people: Iterable[Person], request: ListRequest, *, zone: ZoneInfo, today: date
) -> list[Person]:
    """All people who match the request, in its order."""
    people_list = request.people_list
    found = [p for p in people if _matches(p, people_list, request.filters, zone, today)]
    column = people_list.column(request.sort.removeprefix("-"))
    path = "_id" if column is None or column.sort_field is None else column.sort_field
    found.sort(
        key=lambda person: (_comparable(person, path), person["_id"].bytes),
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
    words = _plain(re.sub(r"(\d)\s*-\s*(?=\d)", r"\1-", text)).split()
    words = [word for word in words if _bare(word)] or words[:1]
    return all(_has_word(person, words, place, searched) for place in range(len(words)))


def _has_word(person: Person, words: list[str], place: int, searched: Sequence[str]) -> bool:
    """The word alone, together with neighbours of its kind, or as the type of a number."""
    runs = (
        words[first : end + 1]
        for first in range(place + 1)
        for end in range(place, len(words))
        if len({_kind(word) for word in words[first : end + 1]}) == 1
    )
    if any(_has_run(person, run, searched) for run in runs):
        return True
    if "document" not in searched or words[place][0].isdigit():
        return False
    number = next((n for n, word in enumerate(words) if n > place and word[0].isdigit()), None)
    if number is None or "".join(map(_bare, words[place:number])) not in DOCUMENT_LABELS:
        return False
    return _has_word(person, words[number:], 0, ["document"])


def _has_run(person: Person, run: list[str], searched: Sequence[str]) -> bool:
    match _kind(run[0]):
        case "number":
            return _has_number(person, "".join(map(_bare, run)), searched)
        case "name":
            return _has_name(person, "".join(map(_bare, run))) or (
                len(run) == 1 and _has_parts(person, run[0], searched)
            )
        case _:
            return len(run) == 1 and _has_parts(person, run[0], searched)


def _kind(word: str) -> str:
    if all(c.isdigit() or c in ".-()+" for c in word) and any(c.isdigit() for c in word):
        return "number"
    return "other" if "@" in word or any(c.isdigit() for c in word) else "name"


def _has_number(person: Person, digits: str, searched: Sequence[str]) -> bool:
    personal = person["personal"]
    phone = personal["phone"].removeprefix("+")
    return ("phone" in searched and _begins([phone, phone.removeprefix("57")], digits, 4)) or (
        "document" in searched and _begins([_bare(personal["document_number"])], digits, 4)
    )


def _has_name(person: Person, joined: str) -> bool:
    """Whether a part of the given names or of the surnames begins so, written without spaces."""
    for name in (person["personal"]["given_names"], person["personal"]["surnames"]):
        words = [word for word in re.split(r"[\W_]+", _plain(name)) if word]
        spellings = ["".join(words[first:]) for first in range(len(words))]
        if _begins(spellings, joined, 3) or (len(joined) < SHORTEST and joined in words):
            return True
    return False


def _has_parts(person: Person, word: str, searched: Sequence[str]) -> bool:
    """The word as an e-mail address or document, or each of its parts as whatever it is."""
    personal = person["personal"]
    if "email" in searched and _begins([personal["email"].lower()], word, 3):
        return True
    if "@" in word:
        return False
    document, bare = _bare(personal["document_number"]), _bare(word)
    if "document" in searched and any(c.isdigit() for c in word) and _begins([document], bare, 3):
        return True
    parts = [part for part in re.split(r"[\W_]+", word) if part]
    if parts != [word]:
        return bool(parts) and all(_has_run(person, [part], searched) for part in parts)
    return _has_name(person, word)


def _begins(values: Iterable[str], prefix: str, shortest: int) -> bool:
    if len(prefix) < shortest:
        return prefix in set(values)
    return any(value.startswith(prefix) for value in values)


def _plain(text: str) -> str:
    """Without accents and case; Latin letters that have no accent apart, by their names."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(_letter(c) for c in decomposed if not unicodedata.combining(c))


def _letter(character: str) -> str:
    if character in LIGATURES or character.isascii():
        return LIGATURES.get(character, character)
    named = re.match("LATIN SMALL LETTER ([A-Z]) WITH", unicodedata.name(character))
    return character if named is None else named[1].lower()


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", _plain(text))


def _in_alphabet(name: str) -> list[list[int]]:
    """The words of the name as ranks of their letters in the Spanish alphabet."""
    spelled = unicodedata.normalize("NFC", name.lower()).replace("'", "")
    words = re.split(r"[\W_]+", spelled)
    return [[ALPHABET.index(x) for c in word for x in _in_spanish(c)] for word in words if word]


def _in_spanish(character: str) -> str:
    return character if character == "ñ" else _plain(character)


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


def _comparable(person: Person, path: str) -> Any:  # noqa: ANN401 - likewise
    if path == "personal.name_key":
        return _in_alphabet(person["personal"]["name"])
    value = _at(person, path)
    return value.bytes if isinstance(value, UUID) else value
