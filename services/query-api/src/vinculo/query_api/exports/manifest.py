"""The manifest of a finished file, and its filter and sort order as sentences."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from vinculo.query_api.exports.job_queue import guard_of
from vinculo.query_api.lists.catalogue import LISTS, ListName, PeopleList
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.periods import Preset, preset_dates
from vinculo.query_api.texts import TextContext, label, text
from vinculo.translation import Language

NO_ROWS: Final = {"total": 0, "first": []}
"""Of files that were finished before there was such a report."""
_DATES: Final = ("created", "modified")
_OWN_SENTENCES: Final = frozenset({"q", "status", "active_loans"})


def manifest(job: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """What the file of a finished job contains, who requested it, and when."""
    return {
        "list": job["list"],
        "format": job["format"],
        "guard": guard_of(job),
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
        "fonts": job.get("fonts", []),
        "missing_glyphs": job.get("missing_glyphs", NO_ROWS),
        "truncated": job.get("truncated", NO_ROWS),
        "size_bytes": job["size_bytes"],
        "sha256": job["sha256"],
    }


def audit_facts(job: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit log stores of a request.

    The search text may be a name or number, and the log outlives an erasure: only the fact that
    there was a search is stored.
    """
    filters = {name: value for name, value in job["parameters"].items() if name != "q"}
    return {
        "list": job["list"],
        "format": job["format"],
        "guard": guard_of(job),
        "filters": filters,
        "searched": "q" in job["parameters"],
        "sort": job["sort"],
        "columns": job["columns"],
        "withheld_columns": job["withheld_columns"],
    }


def describe_selection(job: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    """One sentence per filter, and one for the sort order."""
    people_list = LISTS[ListName(job["list"])]
    return [
        *describe_filter(
            people_list,
            FilterParameters.model_validate(job["parameters"]),
            zone=zone,
            requested_at=job["requested_at"],
            language=job["language"],
        ),
        describe_sort(people_list, job["sort"], job["language"]),
    ]


def describe_filter(
    people_list: PeopleList,
    parameters: FilterParameters,
    *,
    zone: ZoneInfo,
    requested_at: datetime,
    language: Language,
) -> list[str]:
    """One sentence per filter, or that there is none; a preset with the dates that it meant."""
    today = requested_at.astimezone(zone).date()
    sentences = list(_filter_sentences(people_list, parameters, today, language))
    return sentences or [text(TextContext.FILTER, "none", language)]


def describe_sort(people_list: PeopleList, sort: str, language: Language) -> str:
    column = people_list.column(sort.removeprefix("-"))
    key = "sort-descending" if sort.startswith("-") else "sort"
    name = sort if column is None else column.label(language)
    return text(TextContext.FILTER, key, language, column=name)


def _filter_sentences(
    people_list: PeopleList, parameters: FilterParameters, today: date, language: Language
) -> Iterator[str]:
    given = parameters.model_dump(exclude_defaults=True)
    if parameters.q:
        yield f"{_filter_label('q', language)}: «{parameters.q}»"
    if parameters.status:
        names = (label(TextContext.STATUS, status, language) for status in parameters.status)
        yield f"{_filter_label('status', language)}: {', '.join(names)}"
    if parameters.active_loans is not None:
        loans = label(TextContext.ACTIVE_LOANS, parameters.active_loans, language)
        yield f"{_filter_label('active_loans', language)}: {loans}"
    for name in _DATES:
        if dates := _dates(given.get(name), given, name, today, language):
            yield f"{_date_label(people_list, name, language)}: {dates}"
    for name, value in given.items():
        if name not in _OWN_SENTENCES and not name.startswith(_DATES):
            yield f"{_filter_label(name, language)}: {value}"


def _filter_label(name: str, language: Language) -> str:
    return label(TextContext.FILTER, name, language)


def _date_label(people_list: PeopleList, name: str, language: Language) -> str:
    """The date of creation is called as the list calls its column."""
    if name != "created":
        return _filter_label(name, language)
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
        return f"{label(TextContext.PERIOD, preset, language)} ({first} – {last})"  # noqa: RUF001 - a dash between dates
    bounds = (("from", given.get(f"{name}_from")), ("to", given.get(f"{name}_to")))
    return " ".join(
        text(TextContext.FILTER, key, language, date=day) for key, day in bounds if day is not None
    )
