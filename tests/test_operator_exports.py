"""An operator searches and filters a list, opens a profile and exports the list."""

import asyncio
import csv
import hashlib
import io
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import jwt
import openpyxl
import pytest
from pypdf import PdfReader

from vinculo.simulation.gateway_client import RequestRefused
from vinculo.simulation.operator_client import ExportedFile
from vinculo.simulation.staff import signed_in_operator, staff_account
from vinculo.testing.waiting import eventually

from .system_harness import SystemHarness

SURNAMES = "Ñuste Quiñónez"
FILTERS = {"q": "nuste", "status": ["pending", "enabled"], "created": "this_month"}
SORT = "-name"
PAGE_SIZE = 2
BOGOTA = ZoneInfo("America/Bogota")
LABELS = {
    "status": {"pending": "Pendiente", "enabled": "Activo"},
    "kind": {"pre_customer": "Precliente", "customer": "Cliente"},
}
FORBIDDEN, GONE = 403, 410


async def test_exports_in_all_formats_equal_the_filtered_list(harness: SystemHarness) -> None:
    customer, *_ = await asyncio.gather(
        harness.customer(surnames=SURNAMES),
        *(harness.activated_applicant(surnames=SURNAMES) for _ in range(PAGE_SIZE * 2)),
    )
    found = await harness.wait_for_row("registrations", customer, status="enabled", kind="customer")
    profile = await harness.operator.profile(customer.person_id)
    assert profile["customer_details"]["status"]["status"] == "enabled"

    rows, total = await all_pages(harness)
    assert len(rows) == total == PAGE_SIZE * 2 + 1
    assert found in rows
    as_csv, as_xlsx, as_pdf = [
        await harness.operator.export("registrations", file_format=name, sort=SORT, **FILTERS)
        for name in ("csv", "xlsx", "pdf")
    ]

    expected = [displayed(row) for row in rows]
    assert rows_of_csv(as_csv.content) == expected
    assert rows_of_workbook(as_xlsx.content) == expected
    assert_pdf_contains(as_pdf.content, expected)
    for file in (as_csv, as_xlsx, as_pdf):
        await assert_manifest_matches(harness, file, rows)
    with pytest.raises(RequestRefused) as again:
        await harness.operator.download(as_csv.download_url)
    assert again.value.status == GONE


async def all_pages(harness: SystemHarness) -> tuple[list[dict[str, Any]], int]:
    """All rows, and the total of the list."""
    page = await harness.operator.rows("registrations", sort=SORT, limit=PAGE_SIZE, **FILTERS)
    rows = list(page["items"])
    while page["next_cursor"] is not None:
        page = await harness.operator.rows(
            "registrations", sort=SORT, limit=PAGE_SIZE, cursor=page["next_cursor"], **FILTERS
        )
        rows += page["items"]
    return rows, page["total_matching"]


async def assert_manifest_matches(
    harness: SystemHarness, file: ExportedFile, rows: list[dict[str, Any]]
) -> None:
    manifest = file.manifest
    assert file.rows == manifest["rows"] == len(rows)
    assert manifest["sha256"] == hashlib.sha256(file.content).hexdigest()
    assert manifest["size_bytes"] == len(file.content)
    assert manifest["filters"] == FILTERS
    assert manifest["columns"] == list(rows[0])
    assert manifest["withheld_columns"] == []
    assert manifest["requested_by"] == subject_of(harness)
    await harness.operator.rows("registrations", min_position=manifest["position"], limit=1)


def subject_of(harness: SystemHarness) -> str:
    claims = jwt.decode(str(harness.operator.token), options={"verify_signature": False})
    return str(claims["sub"])


def displayed(row: dict[str, Any]) -> list[str]:
    """A row as displayed in Bogotá in Spanish."""
    return [text_of(name, value) for name, value in row.items()]


def text_of(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "registered_at":
        moment = datetime.fromisoformat(value).astimezone(BOGOTA)
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    return LABELS.get(name, {}).get(value, str(value))


def rows_of_csv(content: bytes) -> list[list[str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    _, *rows = csv.reader(text, delimiter=";")
    return [[cell.removeprefix("'") for cell in row] for row in rows]


def rows_of_workbook(content: bytes) -> list[list[str]]:
    (sheet,) = openpyxl.load_workbook(io.BytesIO(content))
    _, *rows = sheet.iter_rows(values_only=True)
    return [[text_of_cell(cell) for cell in row] for row in rows]


def text_of_cell(cell: Any) -> str:
    """A workbook has only one type of number."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def assert_pdf_contains(content: bytes, rows: list[list[str]]) -> None:
    """Every cell in order, regardless of line breaks."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content), strict=True).pages]
    assert f"Filas: {len(rows)}" in pages[-1]
    assert all("Búsqueda: «nuste»" in page for page in pages)
    printed, position = without_spaces("".join(pages)), 0
    for row in rows:
        text = without_spaces("".join(row))
        position = printed.index(text, position) + len(text)


def without_spaces(text: str) -> str:
    return "".join(text.split())


async def test_an_export_with_an_erased_person_is_withdrawn(
    harness: SystemHarness,
) -> None:
    applicant = await harness.activated_applicant()
    await harness.wait_for_row("registrations", applicant, status="pending")
    request = {
        "list": "registrations",
        "format": "csv",
        "filters": {"q": applicant.person.document_number},
    }
    response = await harness.operator.call("POST", "/query/v1/exports", json=request)
    export_id = response.body["export_id"]
    done = await eventually(lambda: job_in_state(harness, export_id, "done"), timeout=60)
    assert done["rows"] == 1

    await harness.admin.erase(applicant.person_id)

    withdrawn = await eventually(lambda: job_in_state(harness, export_id, "withdrawn"), timeout=60)
    assert withdrawn["reason"] == "person-erased"
    with pytest.raises(RequestRefused) as refused:
        await harness.operator.download(done["download_url"])
    assert refused.value.status == GONE


async def job_in_state(harness: SystemHarness, export_id: str, state: str) -> dict[str, Any]:
    """The job if it is in this state, else empty."""
    job = (await harness.operator.call("GET", f"/query/v1/exports/{export_id}")).body
    return dict(job) if job["state"] == state else {}


async def test_a_viewer_sees_no_salary_and_cannot_export(harness: SystemHarness) -> None:
    environment = harness.system.environment
    viewer = await signed_in_operator(
        harness.gateway, staff_account("viewer", environment["VINCULO_HASH_KEY"]), environment
    )
    applicant = await harness.activated_applicant()
    payer = applicant.person.employment.payer.name
    await applicant.declare_employment(harness.payer_ids[payer])
    await harness.wait_for_row("registrations", applicant, payer=payer)

    seen_by_an_operator = await harness.operator.profile(applicant.person_id)
    seen_by_a_viewer = await viewer.profile(applicant.person_id)
    with pytest.raises(RequestRefused) as refused:
        await viewer.export("registrations")

    assert "net_monthly_salary_cents" in str(seen_by_an_operator)
    assert "salary" not in str(seen_by_a_viewer)
    assert refused.value.status == FORBIDDEN
