"""Export jobs with any values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from vinculo.query_api.exports.export_job import ExportJob, ExportSpec, new_job
from vinculo.query_api.lists.catalogue import ColumnGroup, ListName
from vinculo.tabular import Format, Guard

REQUESTED_AT = datetime(2026, 3, 5, 3, tzinfo=UTC)
SPEC = ExportSpec(
    list_name=ListName.CUSTOMERS,
    format=Format.CSV,
    parameters={},
    sort="name",
    language="es",
    delimiter=";",
    guard=Guard.EXCEL,
    columns=("name",),
    withheld=("email", "phone"),
    withheld_groups=(ColumnGroup.CONTACT,),
)
JOB = new_job(
    UUID(int=1),
    SPEC,
    by=UUID(int=2),
    now=REQUESTED_AT,
    expires_at=REQUESTED_AT + timedelta(hours=24),
)


def export_spec(**fields: Any) -> ExportSpec:
    return replace(SPEC, **fields)


def export_job(**fields: Any) -> ExportJob:
    return replace(JOB, **fields)
