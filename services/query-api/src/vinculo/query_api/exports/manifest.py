"""What a file is: who asked for what and when, and what came of it."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from vinculo.query_api.exports.filter_words import filter_words, sort_words
from vinculo.query_api.lists.catalogue import LISTS, ListName
from vinculo.query_api.lists.filters import FilterParameters


def manifest(job: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Of a job that is done."""
    return {
        "list": job["list"],
        "format": job["format"],
        "filters": job["parameters"],
        "filters_in_words": words_of_filter(job, zone),
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


def words_of_filter(job: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    """The filter's phrases, and the sort order's."""
    people_list = LISTS[ListName(job["list"])]
    return [
        *filter_words(
            people_list,
            FilterParameters.model_validate(job["parameters"]),
            zone=zone,
            asked_at=job["requested_at"],
            language=job["language"],
        ),
        sort_words(people_list, job["sort"], job["language"]),
    ]


def facts(job: Mapping[str, Any]) -> dict[str, Any]:
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
