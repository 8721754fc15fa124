"""What a client asks for, checked against the list's catalogue and what the person may have."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Principal
from vinculo.events import uuid7
from vinculo.query_api.exports.csv_file import DELIMITERS
from vinculo.query_api.exports.formats import Format
from vinculo.query_api.exports.jobs import Asked
from vinculo.query_api.exports.permitted import GroupsOfRoles, permitted_columns, permitted_groups
from vinculo.query_api.lists.catalogue import LISTS, ListName
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.query_api.lists.sorting import sort_by
from vinculo.translation import Language

NAMED_DELIMITERS: Final[Mapping[str, str]] = {"semicolon": ";", "comma": ","}


class ExportRequest(BaseModel):
    """`delimiter` is for CSV; the locale's own unless given: `;` for Spanish, `,` for English."""

    model_config = ConfigDict(extra="forbid")

    list: ListName
    format: Format
    filters: FilterParameters = FilterParameters()
    sort: Annotated[str | None, Field(max_length=40)] = None
    locale: Literal["es", "en"] = "es"
    delimiter: Literal["semicolon", "comma"] | None = None

    def filter(self, zone: ZoneInfo, now: datetime, language: Language) -> PeopleFilter:
        """Raises Problem 422 in this language."""
        return filter_people(LISTS[self.list], self.filters, zone=zone, now=now, language=language)

    def asked(self, person: Principal, groups: GroupsOfRoles, language: Language) -> Asked:
        """Raises Problem 422 in this language."""
        people_list = LISTS[self.list]
        permitted = permitted_groups(person, groups)
        columns = permitted_columns(people_list, permitted)
        withheld = [column for column in people_list.columns if column not in columns]
        given = NAMED_DELIMITERS[self.delimiter] if self.delimiter else DELIMITERS[self.locale]
        return Asked(
            list_name=self.list,
            format=self.format,
            parameters=self.filters,
            sort=sort_by(people_list, self.sort, language).name,
            language=self.locale,
            delimiter=given,
            columns=[column.name for column in columns],
            withheld=[column.name for column in withheld],
            withheld_groups=sorted({column.group for column in withheld}),
        )


def still_permitted(job: Mapping[str, Any], person: Principal, groups: GroupsOfRoles) -> bool:
    """Whether the person may still have all that the job's file holds."""
    people_list = LISTS[ListName(job["list"])]
    now = permitted_columns(people_list, permitted_groups(person, groups))
    return set(job["columns"]) <= {column.name for column in now}


def export_id_of(key: str | None, person: Principal) -> UUID:
    """The same for a request that is repeated with its `Idempotency-Key`, else a new one."""
    if key is None:
        return uuid7()
    digest = hashlib.sha256(f"export {person.subject} {key}".encode()).digest()
    return UUID(bytes=digest[:16], version=4)


def same_request(job: Mapping[str, Any], asked: Asked) -> bool:
    return all(job[name] == value for name, value in asked.document().items())
