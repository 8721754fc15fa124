"""An operator finds somebody, filters a list, opens the profile and exports what the list shows."""

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
from vinculo.testing.eventually import eventually

from .lender import Lender

SURNAMES = "Ñuste Quiñónez"
FILTERS = {"q": "nuste", "status": ["pending", "enabled"], "created": "this_month"}
SORT = "-name"
PAGE = 2
BOGOTA = ZoneInfo("America/Bogota")
WORDS = {
    "status": {"pending": "Pendiente", "enabled": "Activo"},
    "kind": {"pre_customer": "Precliente", "customer": "Cliente"},
}
FORBIDDEN, GONE = 403, 410


async def test_an_operator_finds_filters_opens_and_exports(lender: Lender) -> None:
    customer, *_ = await asyncio.gather(
        lender.customer(surnames=SURNAMES),
        *(lender.activated(surnames=SURNAMES) for _ in range(PAGE * 2)),
    )
    found = await lender.listed("registrations", customer, status="enabled", kind="customer")
    profile = await lender.operator.profile(customer.person_id)
    assert profile["customer_details"]["status"]["status"] == "enabled"

    rows, total = await all_pages(lender)
    assert len(rows) == total == PAGE * 2 + 1
    assert found in rows
    as_csv, as_xlsx, as_pdf = [
        await lender.operator.export("registrations", file_format=name, sort=SORT, **FILTERS)
        for name in ("csv", "xlsx", "pdf")
    ]

    shown = [as_shown(row) for row in rows]
    assert rows_of_csv(as_csv.content) == shown
    assert rows_of_workbook(as_xlsx.content) == shown
    assert_printed(as_pdf.content, shown)
    for file in (as_csv, as_xlsx, as_pdf):
        await the_manifest_tells_of(lender, file, rows)
    with pytest.raises(RequestRefused) as again:
        await lender.operator.download(as_csv.download_url)
    assert again.value.status == GONE


async def all_pages(lender: Lender) -> tuple[list[dict[str, Any]], int]:
    """The rows, and how many the list says there are."""
    page = await lender.operator.rows("registrations", sort=SORT, limit=PAGE, **FILTERS)
    rows = list(page["items"])
    while page["next_cursor"] is not None:
        page = await lender.operator.rows(
            "registrations", sort=SORT, limit=PAGE, cursor=page["next_cursor"], **FILTERS
        )
        rows += page["items"]
    return rows, page["total_matching"]


async def the_manifest_tells_of(
    lender: Lender, file: ExportedFile, rows: list[dict[str, Any]]
) -> None:
    manifest = file.manifest
    assert file.rows == manifest["rows"] == len(rows)
    assert manifest["sha256"] == hashlib.sha256(file.content).hexdigest()
    assert manifest["size_bytes"] == len(file.content)
    assert manifest["filters"] == FILTERS
    assert manifest["columns"] == list(rows[0])
    assert manifest["withheld_columns"] == []
    assert manifest["requested_by"] == subject_of(lender)
    await lender.operator.rows("registrations", min_position=manifest["position"], limit=1)


def subject_of(lender: Lender) -> str:
    claims = jwt.decode(str(lender.operator.token), options={"verify_signature": False})
    return str(claims["sub"])


def as_shown(row: dict[str, Any]) -> list[str]:
    """A row as an operator in Bogotá reads it in Spanish."""
    return [text_of(name, value) for name, value in row.items()]


def text_of(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "registered_at":
        moment = datetime.fromisoformat(value).astimezone(BOGOTA)
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    return WORDS.get(name, {}).get(value, str(value))


def rows_of_csv(content: bytes) -> list[list[str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    _, *rows = csv.reader(text, delimiter=";")
    return [[cell.removeprefix("'") for cell in row] for row in rows]


def rows_of_workbook(content: bytes) -> list[list[str]]:
    (sheet,) = openpyxl.load_workbook(io.BytesIO(content))
    _, *rows = sheet.iter_rows(values_only=True)
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def assert_printed(content: bytes, rows: list[list[str]]) -> None:
    """Row after row, each cell of it, wherever its lines are broken."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content), strict=True).pages]
    assert f"Filas: {len(rows)}" in pages[-1]
    assert all("Búsqueda: «nuste»" in page for page in pages)
    printed, place = unbroken("".join(pages)), 0
    for row in rows:
        words = unbroken("".join(row))
        place = printed.index(words, place) + len(words)


def unbroken(text: str) -> str:
    return "".join(text.split())


async def test_a_file_that_holds_the_erased_cannot_be_fetched_any_more(lender: Lender) -> None:
    applicant = await lender.activated()
    await lender.listed("registrations", applicant, status="pending")
    asked = {
        "list": "registrations",
        "format": "csv",
        "filters": {"q": applicant.person.document_number},
    }
    answer = await lender.operator.call("POST", "/query/v1/exports", json=asked)
    export_id = answer.body["export_id"]
    done = await eventually(lambda: job_when(lender, export_id, "done"), timeout=60)
    assert done["rows"] == 1

    await lender.admin.erase(applicant.person_id)

    withdrawn = await eventually(lambda: job_when(lender, export_id, "withdrawn"), timeout=60)
    assert withdrawn["reason"] == "person-erased"
    with pytest.raises(RequestRefused) as refused:
        await lender.operator.download(done["download_url"])
    assert refused.value.status == GONE


async def job_when(lender: Lender, export_id: str, state: str) -> dict[str, Any]:
    """The job in this state, or nothing."""
    job = (await lender.operator.call("GET", f"/query/v1/exports/{export_id}")).body
    return dict(job) if job["state"] == state else {}


async def test_a_viewer_sees_no_salary_and_exports_nothing(lender: Lender) -> None:
    environment = lender.system.environment
    viewer = await signed_in_operator(
        lender.gateway, staff_account("viewer", environment["VINCULO_HASH_KEY"]), environment
    )
    applicant = await lender.activated()
    payer = applicant.person.employment.payer.name
    await applicant.declare_employment(lender.payer_ids[payer])
    await lender.listed("registrations", applicant, payer=payer)

    seen_by_an_operator = await lender.operator.profile(applicant.person_id)
    seen_by_a_viewer = await viewer.profile(applicant.person_id)
    with pytest.raises(RequestRefused) as refused:
        await viewer.export("registrations")

    assert "net_monthly_salary_cents" in str(seen_by_an_operator)
    assert "salary" not in str(seen_by_a_viewer)
    assert refused.value.status == FORBIDDEN
