"""The manifest of a finished file, and its filter and sort order as sentences."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from vinculo.query_api.exports.export_job import (
    ExportedFile,
    ExportJob,
    ExportSpec,
    ReportedRows,
    encode_rows,
)
from vinculo.query_api.lists.catalogue import LISTS, ColumnGroup, ListName, PeopleList
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.periods import Preset, preset_dates
from vinculo.query_api.texts import TextContext, label, text
from vinculo.tabular import Format, Guard
from vinculo.translation import Language

_DATES: Final = ("created", "modified")
_OWN_SENTENCES: Final = frozenset({"q", "status", "active_loans", "concern"})


Texts: TypeAlias = list[str]
Groups: TypeAlias = list[ColumnGroup]


class Manifest(TypedDict):
    """What a file contains, who requested it, and when."""

    list: Annotated[ListName, Field(description="The list that was exported.")]
    format: Annotated[Format, Field(description="The format of the file.")]
    guard: Annotated[
        Guard | None, Field(description="The guard of a CSV file; null for other formats.")
    ]
    filters: Annotated[
        dict[str, JsonValue], Field(description="The filters as requested, without defaults.")
    ]
    filters_in_words: Annotated[
        Texts, Field(description="One sentence per filter, and one for the sort order.")
    ]
    sort: Annotated[str, Field(description="Column sorted by, after a hyphen if descending.")]
    columns: Annotated[
        Texts, Field(description="Names of the columns in the file, in their order.")
    ]
    withheld_columns: Annotated[
        Texts,
        Field(description="Names of the requested columns that the requester may not export."),
    ]
    withheld_groups: Annotated[Groups, Field(description="The groups of the withheld columns.")]
    language: Annotated[str, Field(description="Language of labels and sentences.")]
    time_zone: Annotated[str, Field(description="IANA name of the zone of local dates.")]
    requested_by: Annotated[UUID, Field(description="Who requested it.")]
    requested_at: Annotated[datetime, Field(description="When it was requested.")]
    as_of: Annotated[
        datetime | None, Field(description="What was recorded up to then is in the file.")
    ]
    position: Annotated[str | None, Field(description="Consistency token of what is in the file.")]
    of_one_moment: Annotated[
        bool, Field(description="Whether all rows are of the moment when reading began.")
    ]
    rows: Annotated[int, Field(description="Number of rows without the header.")]
    fonts: Annotated[Texts, Field(description="Names of the fonts of a PDF file.")]
    missing_glyphs: Annotated[
        ReportedRows, Field(description="The rows with letters that no font has.")
    ]
    truncated: Annotated[
        ReportedRows, Field(description="The rows with a text longer than the format permits.")
    ]
    size_bytes: Annotated[int, Field(description="Size of the file in bytes.")]
    sha256: Annotated[str, Field(description="SHA-256 of the file, in hexadecimal.")]


class AuditedRequest(TypedDict):
    """What the audit log stores of a request."""

    list: str
    format: str
    guard: str | None
    filters: dict[str, JsonValue]
    searched: bool
    sort: str
    columns: Texts
    withheld_columns: Texts


def manifest(job: ExportJob, file: ExportedFile, zone: ZoneInfo) -> Manifest:
    """The manifest of a job's finished file."""
    spec = job.spec
    return {
        "list": spec.list_name,
        "format": spec.format,
        "guard": spec.guard,
        "filters": dict(spec.parameters),
        "filters_in_words": describe_selection(job, zone),
        "sort": spec.sort,
        "columns": list(spec.columns),
        "withheld_columns": list(spec.withheld),
        "withheld_groups": list(spec.withheld_groups),
        "language": spec.language,
        "time_zone": zone.key,
        "requested_by": job.requested_by,
        "requested_at": job.requested_at,
        "as_of": file.as_of,
        "position": file.position,
        "of_one_moment": file.one_moment,
        "rows": file.report.rows,
        "fonts": list(file.report.fonts),
        "missing_glyphs": encode_rows(file.report.missing_glyphs),
        "truncated": encode_rows(file.report.truncated),
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
    }


def audit_facts(spec: ExportSpec) -> AuditedRequest:
    """What the audit log stores of a request.

    The search text may be a name or number, and the log outlives an erasure: only the fact that
    there was a search is stored.
    """
    return {
        "list": spec.list_name.value,
        "format": spec.format.value,
        "guard": None if spec.guard is None else spec.guard.value,
        "filters": {name: value for name, value in spec.parameters.items() if name != "q"},
        "searched": "q" in spec.parameters,
        "sort": spec.sort,
        "columns": list(spec.columns),
        "withheld_columns": list(spec.withheld),
    }


def describe_selection(job: ExportJob, zone: ZoneInfo) -> list[str]:
    """One sentence per filter, and one for the sort order."""
    spec = job.spec
    people_list = LISTS[spec.list_name]
    return [
        *describe_filter(
            people_list,
            spec.filters,
            zone=zone,
            requested_at=job.requested_at,
            language=spec.language,
        ),
        describe_sort(people_list, spec.sort, spec.language),
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
    if parameters.concern is not None:
        concern = label(TextContext.CONCERN, parameters.concern, language)
        yield f"{_filter_label('concern', language)}: {concern}"
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
