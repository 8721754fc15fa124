"""An Excel workbook, written column by column of each batch, in the memory of a batch.

Text is written as text cells, never as formulas or links, so nothing needs an apostrophe and a
phone number reads as it was entered. The parts around the sheets are as in ECMA-376.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from vinculo.tabular.cells import INTEGER, LOCAL_TIME, TEXT, shown_columns
from vinculo.tabular.table import TableLayout

SHEET_ROWS: Final = 1_048_575
"""Excel's limit, less the header."""
FASTEST: Final = 1
"""Of compression: the file is a tenth larger, and takes a third of the time."""
EMPTY_CELL: Final = "<c/>"
EPOCH_DAYS: Final = 25_569
"""From Excel's day 0, 30 December 1899, to 1970."""
DAY_SECONDS: Final = 86_400
NOT_IN_XML: Final = "[\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_"
"""Characters that XML cannot contain, and text that readers would take for an escape of one."""
TIME_FORMAT: Final = "yyyy\\-mm\\-dd\\ hh:mm:ss"
PLAIN_STYLE, HEADER_STYLE, TIME_STYLE = range(3)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

STYLES: Final = f"""{_HEAD}<styleSheet {_MAIN}>\
<numFmts count="1"><numFmt numFmtId="164" formatCode="{TIME_FORMAT}"/></numFmts>\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>\
<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>\
<fills count="3"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid">\
<fgColor rgb="FFEEEEEE"/><bgColor indexed="64"/></patternFill></fill></fills>\
<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>\
<border><left/><right/><top/><bottom style="thin"><color auto="1"/></bottom><diagonal/></border>\
</borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>\
</cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" \
applyBorder="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" \
applyNumberFormat="1" applyAlignment="1"><alignment horizontal="left"/></xf></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""


class XlsxWriter:
    """Rows beyond the limit of a sheet continue on another sheet, with its own header."""

    def __init__(self, path: Path, layout: TableLayout, *, sheet_rows: int = SHEET_ROWS) -> None:
        self._layout = layout
        self._sheet_rows = sheet_rows
        self._book = ZipFile(path, "w", ZIP_DEFLATED, compresslevel=FASTEST)
        self._sheets: list[tuple[str, int]] = []
        self._start_sheet()

    def write(self, rows: pa.RecordBatch) -> None:
        while rows.num_rows:
            if self._rows == self._sheet_rows:
                self._finish_sheet()
                self._start_sheet()
            fitting = rows.slice(0, self._sheet_rows - self._rows)
            self._sheet.write(_rows(shown_columns(fitting, self._layout)))
            self._rows += fitting.num_rows
            rows = rows.slice(fitting.num_rows)

    def finish(self) -> None:
        self._finish_sheet()
        layout = self._layout
        for name, text in workbook_parts(
            layout.title, layout.made_at, self._sheets, len(layout.columns)
        ):
            self._book.writestr(name, text)
        self._book.close()

    def discard(self) -> None:
        """Close the file without finishing the workbook; the caller removes the file."""
        self._sheet.close()
        self._book.close()

    def _start_sheet(self) -> None:
        self._rows = 0
        number = len(self._sheets) + 1
        self._name = self._layout.title[:25] + ("" if number == 1 else f" {number}")
        self._sheet = self._book.open(sheet_path(number), "w", force_zip64=True)
        widths = [max(column.width, len(column.title) + 4) for column in self._layout.columns]
        self._sheet.write(sheet_head(widths).encode())
        header = "".join(_text(pa.array(self._layout.titles, TEXT), HEADER_STYLE).to_pylist())
        self._sheet.write(f"<row>{header}</row>".encode())

    def _finish_sheet(self) -> None:
        self._sheet.write(sheet_foot(len(self._layout.columns), self._rows).encode())
        self._sheet.close()
        self._sheets.append((self._name, self._rows))


def _rows(columns: Sequence[pa.Array]) -> memoryview:
    written = [_cells(column) for column in columns]
    rows = pc.binary_join_element_wise("<row>", *written, "</row>", "")
    _, ends, data = rows.buffers()
    return memoryview(data)[: int(np.frombuffer(ends, np.int32)[len(rows)])]


def _cells(cells: pa.Array) -> pa.Array:
    if cells.type == TEXT:
        return _text(cells)
    if cells.type == LOCAL_TIME:
        return _number(_serial(cells), f' s="{TIME_STYLE}"')
    return _number(cells)


def _text(cells: pa.Array, style: int = 0) -> pa.Array:
    escaped = _escaped(cells)
    space = pc.any(pc.match_substring_regex(escaped, r"^\s|\s$")).as_py()
    start = (
        "<c"
        + (f' s="{style}"' if style else "")
        + ' t="inlineStr"><is><t'
        + (' xml:space="preserve">' if space else ">")
    )
    written = pc.binary_join_element_wise(start, escaped, "</t></is></c>", "")
    return pc.if_else(pc.fill_null(pc.equal(cells, ""), True), EMPTY_CELL, written)


def _escaped(cells: pa.Array) -> pa.Array:
    """As XML; characters that XML cannot contain are escaped as Excel does, as `_x0001_`."""
    if pc.any(pc.match_substring_regex(cells, NOT_IN_XML)).as_py():
        replaced = [
            None if each is None else re.sub(NOT_IN_XML, _excel_escape, each)
            for each in cells.to_pylist()
        ]
        cells = pa.array(replaced, TEXT)
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        cells = pc.replace_substring(cells, letter, entity)
    return cells


def _excel_escape(match: re.Match[str]) -> str:
    found = match.group()
    return f"_x{ord(found):04X}_" if len(found) == 1 else f"_x005F{found}"


def _serial(moments: pa.Array) -> pa.Array:
    """Days since Excel's day 0, exact to the second."""
    days = pc.divide(moments.cast(INTEGER).cast(pa.float64()), float(DAY_SECONDS))
    return pc.round(pc.add(days, float(EPOCH_DAYS)), 8)


def _number(cells: pa.Array, style: str = "") -> pa.Array:
    written = pc.binary_join_element_wise(f"<c{style}><v>", cells.cast(TEXT), "</v></c>", "")
    return pc.fill_null(written, EMPTY_CELL)


def sheet_path(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def sheet_head(widths: Sequence[float]) -> str:
    """The XML before the rows: the header is frozen and printed on every page, in landscape."""
    columns = "".join(
        f'<col min="{column}" max="{column}" width="{width}" customWidth="1"/>'
        for column, width in enumerate(widths, 1)
    )
    return (
        f'{_HEAD}<worksheet {_MAIN}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>'
    )


def sheet_foot(columns: int, rows: int) -> str:
    return (
        f'</sheetData><autoFilter ref="A1:{column_letter(columns)}{rows + 1}"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )


def column_letter(column: int) -> str:
    """The letter of a column number from 1 to 26."""
    return chr(ord("A") + column - 1)


def workbook_parts(
    title: str, made_at: datetime, sheets: Sequence[tuple[str, int]], columns: int
) -> Iterator[tuple[str, str]]:
    """Path and text of all parts except the sheets, which are given as name and number of rows."""
    yield "[Content_Types].xml", _content_types(len(sheets))
    yield (
        "_rels/.rels",
        _relationships(
            (f"{_OFFICE}/officeDocument", "xl/workbook.xml"),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        ),
    )
    yield "docProps/core.xml", _properties(title, made_at)
    yield "xl/workbook.xml", _workbook(sheets, columns)
    yield (
        "xl/_rels/workbook.xml.rels",
        _relationships(
            *((f"{_OFFICE}/worksheet", sheet_path(n)[3:]) for n in range(1, len(sheets) + 1)),
            (f"{_OFFICE}/styles", "styles.xml"),
        ),
    )
    yield "xl/styles.xml", STYLES


def _content_types(sheets: int) -> str:
    types = [
        ("xl/workbook.xml", f"{_SHEET_TYPES}.sheet.main+xml"),
        ("xl/styles.xml", f"{_SHEET_TYPES}.styles+xml"),
        ("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
        *((sheet_path(n), f"{_SHEET_TYPES}.worksheet+xml") for n in range(1, sheets + 1)),
    ]
    overrides = "".join(
        f'<Override PartName="/{path}" ContentType="{kind}"/>' for path, kind in types
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relationships(*targets: tuple[str, str]) -> str:
    each = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def _properties(title: str, made_at: datetime) -> str:
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{made_at:%Y-%m-%dT%H:%M:%SZ}'
        "</dcterms:created></cp:coreProperties>"
    )


def _workbook(sheets: Sequence[tuple[str, int]], columns: int) -> str:
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, (name, _) in enumerate(sheets, 1)
    )
    filters, headers = "", ""
    for index, (name, rows) in enumerate(sheets):
        quoted = escape(name.replace("'", "''"))
        filters += (
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{index}" hidden="1">'
            f"'{quoted}'!$A$1:${column_letter(columns)}${rows + 1}</definedName>"
        )
        headers += (
            f'<definedName name="_xlnm.Print_Titles" localSheetId="{index}">'
            f"'{quoted}'!$1:$1</definedName>"
        )
    return (
        f'{_HEAD}<workbook {_MAIN} xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{listed}</sheets><definedNames>{filters}{headers}</definedNames></workbook>"
    )
