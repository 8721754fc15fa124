"""A filter and a sort order in words, as a file's reader needs them."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from vinculo.query_api.lists.catalogue import LISTS, ListName, PeopleList
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.periods import Preset, preset_dates
from vinculo.query_api.words.codes import STATUSES
from vinculo.query_api.words.words import Words
from vinculo.translation import Language

NONE: Final = Words("Sin filtros", "No filters")
SEARCH: Final = Words("Búsqueda", "Search")
STATUS: Final = Words("Estado", "Status")
LOANS: Final = Words("Créditos activos", "Active loans")
MODIFIED: Final = Words("Fecha de modificación", "Date modified")
FROM: Final = Words("desde el", "from")
TO: Final = Words("hasta el", "to")
SORT: Final = Words("Orden", "Sorted by")
ASCENDING: Final = Words("ascendente", "ascending")
DESCENDING: Final = Words("descendente", "descending")
SOME_LOANS: Final[Mapping[str, Words]] = {
    "none": Words("ninguno", "none"),
    "some": Words("uno o más", "one or more"),
}
OTHERS: Final[Mapping[str, Words]] = {
    "blocked_by": Words("Detenido por el requisito", "Blocked by the requirement"),
}
"""Filters that are shown as they were given."""
PRESETS: Final[Mapping[Preset, Words]] = {
    Preset.TODAY: Words("hoy", "today"),
    Preset.YESTERDAY: Words("ayer", "yesterday"),
    Preset.LAST_7_DAYS: Words("últimos 7 días", "last 7 days"),
    Preset.LAST_30_DAYS: Words("últimos 30 días", "last 30 days"),
    Preset.THIS_WEEK: Words("esta semana", "this week"),
    Preset.LAST_WEEK: Words("la semana pasada", "last week"),
    Preset.THIS_MONTH: Words("este mes", "this month"),
    Preset.LAST_MONTH: Words("el mes pasado", "last month"),
}
_TOLD: Final = frozenset({"q", "status", "active_loans"})
_DATES: Final = ("created", "modified")


def describe_filter(
    people_list: PeopleList,
    parameters: FilterParameters,
    *,
    zone: ZoneInfo,
    asked_at: datetime,
    language: Language,
) -> list[str]:
    """One phrase per filter, or that there is none; a period with the dates that it was then."""
    today = asked_at.astimezone(zone).date()
    return list(_phrases(people_list, parameters, today, language)) or [NONE.said(language)]


def describe_sort(people_list: PeopleList, sort: str, language: Language) -> str:
    column = people_list.column(sort.removeprefix("-"))
    direction = DESCENDING if sort.startswith("-") else ASCENDING
    name = sort if column is None else column.label(language)
    return f"{SORT.said(language)}: {name} ({direction.said(language)})"


def _phrases(
    people_list: PeopleList, parameters: FilterParameters, today: date, language: Language
) -> Iterator[str]:
    given = parameters.model_dump(exclude_defaults=True)
    if parameters.q:
        yield f"{SEARCH.said(language)}: «{parameters.q}»"
    if parameters.status:
        names = ", ".join(STATUSES[status].said(language) for status in parameters.status)
        yield f"{STATUS.said(language)}: {names}"
    if parameters.active_loans is not None:
        loans = SOME_LOANS[parameters.active_loans].said(language)
        yield f"{LOANS.said(language)}: {loans}"
    for name in _DATES:
        label = (
            _created_label(people_list, language) if name == "created" else MODIFIED.said(language)
        )
        dates = _dates(given.get(name), given, name, today, language)
        if dates:
            yield f"{label}: {dates}"
    for name, value in given.items():
        if name not in _TOLD and not name.startswith(_DATES):
            yield f"{OTHERS[name].said(language) if name in OTHERS else name}: {value}"


def _created_label(people_list: PeopleList, language: Language) -> str:
    return next(
        column.label(language)
        for column in people_list.columns
        if column.field == people_list.created_field
    )


def _dates(
    preset: Preset | None, given: Mapping[str, date], name: str, today: date, language: Language
) -> str:
    if preset is not None:
        first, last = preset_dates(preset, today)
        return f"{PRESETS[preset].said(language)} ({first} – {last})"  # noqa: RUF001 - a dash between dates
    bounds = ((FROM, given.get(f"{name}_from")), (TO, given.get(f"{name}_to")))
    return " ".join(f"{word.said(language)} {day}" for word, day in bounds if day is not None)


def manifest(job: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Of a job that is done."""
    return {
        "list": job["list"],
        "format": job["format"],
        "filters": job["parameters"],
        "filters_in_words": describe_selection(job, zone),
        "sort": job["sort"],
        "columns": job["columns"],
        "withheld_columns": job["withheld_columns"],
        "withheld_groups": job["withheld_groups"],
        "language": job["language"],
        "time_zone": zone.key,
        "requested_by": job["requested_by"],
        "requested_at": job["requested_at"],
        "as_of": job["as_of"],
        "position": job["position"],
        "of_one_moment": job["one_moment"],
        "rows": job["rows"],
        "size_bytes": job["size_bytes"],
        "sha256": job["sha256"],
    }


def describe_selection(job: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    """The filter's phrases, and the sort order's."""
    people_list = LISTS[ListName(job["list"])]
    return [
        *describe_filter(
            people_list,
            FilterParameters.model_validate(job["parameters"]),
            zone=zone,
            asked_at=job["requested_at"],
            language=job["language"],
        ),
        describe_sort(people_list, job["sort"], job["language"]),
    ]


def audit_facts(job: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit trail keeps of a request.

    The words searched for are somebody's name or number, and the trail outlives an erasure: so it
    keeps only that there was a search.
    """
    filters = {name: value for name, value in job["parameters"].items() if name != "q"}
    return {
        "list": job["list"],
        "format": job["format"],
        "filters": filters,
        "searched": "q" in job["parameters"],
        "sort": job["sort"],
        "columns": job["columns"],
        "withheld_columns": job["withheld_columns"],
    }
