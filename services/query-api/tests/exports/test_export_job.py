"""Export jobs are stored and read by one codec; jobs of earlier versions can be read."""

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any, cast
from uuid import UUID

import bson
import pytest
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from vinculo.query_api.exports.export_job import (
    ExportedFile,
    ExportState,
    JobDocument,
    JobUnreadableError,
    decode_job,
    decode_stored_file,
    encode_file,
    encode_new_job,
)
from vinculo.query_api.lists.catalogue import ColumnGroup, ListName
from vinculo.tabular import FileReport, Format, Guard, RowNumbers

from ..declared_shapes import violations
from .export_jobs import JOB, REQUESTED_AT, export_job, export_spec

AS_STORED: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, tzinfo=UTC, uuid_representation=UuidRepresentation.STANDARD
)
EXPIRES_AT = REQUESTED_AT + timedelta(hours=24)
FILE = ExportedFile(
    object_name=f"{UUID(int=1)}-2.csv",
    report=FileReport(
        rows=3,
        fonts=("Noto Sans",),
        missing_glyphs=RowNumbers(total=2, first=[1, 3]),
        truncated=RowNumbers(total=1, first=[2]),
    ),
    size_bytes=120,
    sha256="0" * 64,
    as_of=REQUESTED_AT,
    position="log.7",
    one_moment=True,
)
EARLIER: dict[str, Any] = {
    "_id": UUID(int=1),
    "list": "customers",
    "format": "csv",
    "parameters": {"status": ["enabled"], "q": "gomez"},
    "sort": "-created",
    "language": "en",
    "delimiter": ",",
    "columns": ["customer_id", "status"],
    "withheld_columns": ["email", "phone"],
    "withheld_groups": ["contact"],
    "requested_by": UUID(int=2),
    "requested_at": REQUESTED_AT,
    "expires_at": EXPIRES_AT,
    "rows": 0,
    "attempts": 0,
}
"""The fields of every job, as they were stored before jobs were dataclasses."""

STORED: dict[ExportState, dict[str, Any]] = {
    ExportState.QUEUED: EARLIER | {"state": "queued", "slot": 0},
    ExportState.RUNNING: EARLIER
    | {"state": "running", "slot": 1, "attempts": 2, "rows": 10, "estimated_rows": 30}
    | {"leased_until": REQUESTED_AT},
    ExportState.DONE: EARLIER
    | {"state": "done", "attempts": 2, "estimated_rows": 3, "finished_at": REQUESTED_AT}
    | {"link": "f" * 64, **encode_file(FILE)},
    ExportState.FAILED: EARLIER
    | {"state": "failed", "attempts": 4, "reason": "attempts-exhausted"}
    | {"finished_at": REQUESTED_AT},
    ExportState.CANCELLED: EARLIER | {"state": "cancelled", "finished_at": REQUESTED_AT},
    ExportState.WITHDRAWN: EARLIER
    | {"state": "withdrawn", "attempts": 1, "reason": "person-erased", "parameters": {}}
    | {"finished_at": REQUESTED_AT, **encode_file(FILE), "as_of": None, "position": None},
}


def as_stored(document: Any) -> JobDocument:
    """The document as MongoDB gives it back."""
    encoded = bson.encode(document, codec_options=AS_STORED)
    return cast("JobDocument", bson.decode(encoded, AS_STORED))


def test_a_new_job_is_read_as_it_was_queued() -> None:
    stored = as_stored(encode_new_job(JOB, 1))

    assert stored["slot"] == 1
    assert decode_job(stored) == JOB
    assert violations(JobDocument, [stored]) == []


def test_stored_files_are_read_as_they_were_written() -> None:
    stored = as_stored({**STORED[ExportState.DONE], **encode_file(FILE)})

    assert decode_job(stored).file == FILE


def test_a_file_that_was_finished_before_there_were_reports_has_no_reported_rows() -> None:
    report = {"fonts", "missing_glyphs", "truncated"}
    done = STORED[ExportState.DONE]
    stored = as_stored({name: value for name, value in done.items() if name not in report})

    assert violations(JobDocument, [stored]) == []
    assert decode_job(stored).file == replace(FILE, report=FileReport(rows=3))


@pytest.mark.parametrize("guard", Guard)
def test_the_guard_of_a_csv_job_is_read_as_it_was_stored(guard: Guard) -> None:
    job = export_job(spec=export_spec(guard=guard))

    assert decode_job(as_stored(encode_new_job(job, 0))).spec.guard is guard


@pytest.mark.parametrize(
    ("file_format", "guard"), [("csv", Guard.EXCEL), ("xlsx", None), ("pdf", None)]
)
def test_only_csv_jobs_of_before_guards_are_guarded_for_excel(
    file_format: str, guard: Guard | None
) -> None:
    job = decode_job(as_stored(STORED[ExportState.QUEUED] | {"format": file_format}))

    assert job.spec.guard is guard


@pytest.mark.parametrize("state", ExportState)
def test_a_job_in_every_state_is_as_declared_and_can_be_read(state: ExportState) -> None:
    stored = as_stored(STORED[state])
    job = decode_job(stored)

    assert violations(JobDocument, [stored]) == []
    assert job.state is state
    assert job.spec.list_name is ListName.CUSTOMERS
    assert job.spec.format is Format.CSV
    assert job.spec.withheld == ("email", "phone")
    assert job.spec.withheld_groups == (ColumnGroup.CONTACT,)
    assert job.rows == stored["rows"]
    assert (job.reason is None) == (state not in {ExportState.FAILED, ExportState.WITHDRAWN})
    assert (job.file is None) == (state not in {ExportState.DONE, ExportState.WITHDRAWN})


def test_a_job_of_another_version_is_read_without_its_further_fields() -> None:
    stored = as_stored({**STORED[ExportState.QUEUED], "priority": 7})

    assert decode_job(stored) == decode_job(as_stored(STORED[ExportState.QUEUED]))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "ods"},
        {"list": "payers"},
        {"state": "paused"},
        {"withheld_groups": ["new"]},
        {"guard": "calc"},
    ],
)
def test_a_job_with_an_unknown_code_is_not_read(change: dict[str, Any]) -> None:
    with pytest.raises(JobUnreadableError, match=str(UUID(int=1))):
        decode_job(as_stored(STORED[ExportState.QUEUED] | change))


def test_a_job_without_one_of_its_fields_is_not_read() -> None:
    stored = STORED[ExportState.QUEUED].copy()
    del stored["delimiter"]

    with pytest.raises(JobUnreadableError):
        decode_job(as_stored(stored))


@pytest.mark.parametrize("change", [{"format": "ods"}, {"list": "payers"}])
def test_a_file_is_found_and_revoked_though_its_job_cannot_be_read(change: dict[str, Any]) -> None:
    file = decode_stored_file(as_stored(STORED[ExportState.DONE] | change))

    assert (file.export_id, file.attempt, file.object_name) == (UUID(int=1), 2, FILE.object_name)


def test_a_running_jobs_file_is_that_of_its_attempt() -> None:
    assert (
        decode_stored_file(as_stored(STORED[ExportState.RUNNING])).object_name
        == f"{UUID(int=1)}-2.csv"
    )


def test_filters_are_those_that_were_requested() -> None:
    spec = decode_job(as_stored(STORED[ExportState.QUEUED])).spec

    assert spec.filters.q == "gomez"
    assert spec.filters.status == ("enabled",)
    assert export_spec().filters.q == ""


def test_jobs_with_other_requests_differ() -> None:
    assert export_job() == export_job()
    for changed in (
        {"sort": "-name"},
        {"columns": ("name", "status")},
        {"parameters": {"q": "ana"}},
        {"delimiter": ","},
        {"guard": Guard.RAW},
    ):
        assert export_spec() != export_spec(**changed)
