"""Random list requests, as users of the lists might make them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from vinculo.contracts.customer_registry import Kind
from vinculo.query_api.lists.catalogue import LISTS, ListName, PeopleList
from vinculo.query_api.periods import Preset
from vinculo.query_api.person_document.schema import Concern, Person
from vinculo.query_api.testing.generators import happens

SEARCH_KINDS: Final = (
    *("word", "word", "word", "word", "word", "two", "two"),
    *("phone", "number", "email", "id", "both", "joined", "spaced", "document"),
)
PUNCTUATIONS: Final = ("{}", " {} ", "{}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """A list and the parameters of a request, without the cursor."""

    list_name: ListName
    sort: str
    limit: int = 50
    filters: dict[str, Any] = field(default_factory=dict)

    @property
    def people_list(self) -> PeopleList:
        return LISTS[self.list_name]

    def parameters(self) -> dict[str, Any]:
        return {**self.filters, "sort": self.sort, "limit": self.limit}


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomQueries:
    """Requests about these people, so that most find some; `today` is the last day used."""

    chance: random.Random
    people: Sequence[Person]
    first_day: date
    today: date
    requirements: Sequence[str]

    def next_request(self, *, searching: float = 0.5, limit: int = 50) -> ListRequest:
        """A request; `searching` is the probability that it has search words."""
        name = self.chance.choice(list(ListName))
        people_list = LISTS[name]
        columns = [column.name for column in people_list.columns if column.sort_field]
        filters = {**self.status_and_loans(people_list), **self.dates()}
        if happens(self.chance, searching):
            filters["q"] = self.words()
        if Kind.PRE_CUSTOMER in people_list.kinds and happens(self.chance, 0.15):
            filters["blocked_by"] = self.chance.choice(self.requirements)
        if happens(self.chance, 0.1):
            filters["concern"] = str(self.chance.choice(list(Concern)))
        sort = self.chance.choice(("", "-")) + self.chance.choice(columns)
        return ListRequest(list_name=name, sort=sort, limit=limit, filters=filters)

    def status_and_loans(self, people_list: PeopleList) -> dict[str, Any]:
        filters: dict[str, Any] = {}
        if happens(self.chance, 0.3):
            several = self.chance.randint(1, 2)
            filters["status"] = [str(s) for s in self.chance.sample(people_list.statuses, several)]
        if happens(self.chance, 0.2):
            filters["active_loans"] = self.chance.choice(("none", "some"))
        return filters

    def dates(self) -> dict[str, Any]:
        filters: dict[str, Any] = {}
        for name in ("created", "modified"):
            if happens(self.chance, 0.1):
                filters[name] = str(self.chance.choice(list(Preset)))
            elif happens(self.chance, 0.2):
                days = (self.today - self.first_day).days
                first, length = self.chance.randrange(days), self.chance.choice((0, 7, 30, 180))
                since = self.first_day + timedelta(days=first)
                filters[f"{name}_from"] = since.isoformat()
                if happens(self.chance, 0.8):
                    filters[f"{name}_to"] = (since + timedelta(days=length)).isoformat()
        return filters

    def words(self) -> str:
        """A person's name, number or e-mail address, whole or in part, as a user might type it."""
        person = self.chance.choice(self.people)
        personal = person["personal"]
        whole = f"{personal['given_names']} {personal['surnames']}".split()
        match self.chance.choice(SEARCH_KINDS):
            case "word":
                return self._beginning(self.chance.choice(whole))
            case "two":
                return " ".join(self._beginning(word) for word in self.chance.sample(whole, 2))
            case "phone":
                digits = str(personal["phone"]).removeprefix(self.chance.choice(("+", "+57")))
                return digits[: self.chance.choice((4, 6, 10, 12))]
            case "id":
                return str(self.chance.choice((person["_id"], person["customer_id"])))
            case "both":
                return (
                    f"{self._beginning(whole[0])} {personal['phone'][3:6]}-{personal['phone'][6:]}"
                )
            case "joined":
                return self._beginning("".join(whole[: self.chance.choice((2, 3))]))
            case "spaced":
                phone = personal["phone"][3:]
                return f"{self._beginning(whole[0])} {phone[:3]} {phone[3:6]} {phone[6:]}"
            case "document":
                label = self.chance.choice(("CC", "c.c.", "Cédula", "NIT"))
                return f"{label} {personal['document_number']}"
            case "number":
                return str(personal["document_number"])[: self.chance.choice((4, 7, 10))]
            case _:
                return str(personal["email"])[: self.chance.choice((4, 9, 40))]

    def _beginning(self, word: str) -> str:
        beginning = word[: self.chance.choice((2, 3, 4, 20, 20))]
        changed = self.chance.choice((str, str.upper, str.lower))(beginning)
        return self.chance.choice(PUNCTUATIONS).format(changed)
