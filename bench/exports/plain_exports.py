"""The list of registrations as a file, written with the usual library of each format.

The query, the cells (local times, labels, escaped text) and the columns are those of the service's
file; rows are read from Motor's cursor one by one.
"""

import csv
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]
from reportlab.lib.styles import getSampleStyleSheet  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    LongTable,
    Paragraph,
    SimpleDocTemplate,
)
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from vinculo.query_api.exports.file_builder import RowSource
from vinculo.query_api.lists.catalogue import projected_fields
from vinculo.query_api.person_document.indexes import index_name
from vinculo.query_api.texts import TextContext, labels
from vinculo.tabular.csv import REINTERPRETED

ROWS_PER_TABLE = 1_000
BATCH_ROWS = 5_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
IDENTIFICATION = 2
"""The index of the column whose cells a spreadsheet could take for numbers or dates."""
is_reinterpreted = re.compile(REINTERPRETED).match
LANGUAGE = "es"
Row = list[Any]


async def rows(source: RowSource, zone: ZoneInfo, limit: int) -> AsyncIterator[Row]:
    statuses, kinds = labels(TextContext.STATUS, LANGUAGE), labels(TextContext.KIND, LANGUAGE)
    payers: Mapping[UUID, str] = {
        payer["_id"]: payer["name"] async for payer in source.collections.payers.find()
    }
    found = (
        source.collections.people.find(
            source.people_filter.match(), projected_fields(source.columns, "_id")
        )
        .sort(source.sort.keys())
        .hint(index_name(source.sort.field))
        .batch_size(BATCH_ROWS)
        .limit(limit)
    )
    async for person in found:
        personal = person["personal"]
        yield [
            person["registration_number"],
            person["document_type"],
            personal["document_number"],
            personal["name"],
            personal["email"],
            personal["phone"],
            payers.get(person["payer_id"]),
            person["registered_at"].astimezone(zone).replace(tzinfo=None, microsecond=0),
            statuses[person["status"]],
            kinds[person["kind"]],
            str(person["_id"]),
        ]


async def write_csv(path: Path, found: AsyncIterator[Row], labels: list[str]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(labels)
        async for row in found:
            if is_reinterpreted(row[IDENTIFICATION]):
                row[IDENTIFICATION] = f"'{row[IDENTIFICATION]}"
            writer.writerow([_escaped(cell) for cell in row])


async def write_xlsx(path: Path, found: AsyncIterator[Row], labels: list[str]) -> None:
    book: Any = Workbook(
        str(path),
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "tmpdir": str(path.parent),
        },
    )
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, labels)
    number = 0
    async for row in found:
        number += 1
        for column, cell in enumerate(row):
            if isinstance(cell, datetime):
                sheet.write_datetime(number, column, cell, moment)
            elif isinstance(cell, int):
                sheet.write_number(number, column, cell)
            elif cell:
                sheet.write_string(number, column, cell)
    book.close()


async def write_pdf(path: Path, found: AsyncIterator[Row], labels: list[str]) -> None:
    """One line per row: wrapped cells would be paragraphs, which take ten times as long."""
    story: list[Any] = [Paragraph("Registrations", getSampleStyleSheet()["Title"])]
    table: list[Row] = [labels]
    async for row in found:
        table.append(["" if cell is None else str(cell) for cell in row])
        if len(table) > ROWS_PER_TABLE:
            story.append(LongTable(table, repeatRows=1, style=[("FONTSIZE", (0, 0), (-1, -1), 5)]))
            table = [labels]
    if len(table) > 1:
        story.append(LongTable(table, repeatRows=1, style=[("FONTSIZE", (0, 0), (-1, -1), 5)]))
    SimpleDocTemplate(str(path), pagesize=landscape(A4)).build(story)


def _escaped(cell: Any) -> Any:  # noqa: ANN401 - a cell is of any type
    match cell:
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M:%S")
        case str() if cell.startswith(FORMULA_STARTS):
            return f"'{cell}"
        case _:
            return cell


WRITERS = {"csv": write_csv, "xlsx": write_xlsx, "pdf": write_pdf}
