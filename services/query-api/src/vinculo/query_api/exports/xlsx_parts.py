"""The parts of an Excel workbook around its sheets, as ECMA-376 has them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

MOMENT: Final = "yyyy\\-mm\\-dd\\ hh:mm:ss"
PLAIN_STYLE, HEADER_STYLE, MOMENT_STYLE = range(3)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

STYLES: Final = f"""{_HEAD}<styleSheet {_MAIN}>\
<numFmts count="1"><numFmt numFmtId="164" formatCode="{MOMENT}"/></numFmts>\
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


def sheet_path(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def sheet_head(widths: Sequence[float]) -> str:
    """Up to the rows: the header stays in view, and prints on every page of a landscape."""
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(widths, 1)
    )
    return (
        f'{_HEAD}<worksheet {_MAIN}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>'
    )


def sheet_foot(columns: int, rows: int) -> str:
    return (
        f'</sheetData><autoFilter ref="A1:{letter(columns)}{rows + 1}"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )


def letter(column: int) -> str:
    """Of a column by its number, from one to twenty-six."""
    return chr(ord("A") + column - 1)


def parts(
    title: str, made_at: datetime, sheets: Sequence[tuple[str, int]], columns: int
) -> Iterator[tuple[str, str]]:
    """Path and text of each part but the sheets, which are given by name and number of rows."""
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
    for place, (name, rows) in enumerate(sheets):
        quoted = escape(name.replace("'", "''"))
        filters += (
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">'
            f"'{quoted}'!$A$1:${letter(columns)}${rows + 1}</definedName>"
        )
        headers += (
            f'<definedName name="_xlnm.Print_Titles" localSheetId="{place}">'
            f"'{quoted}'!$1:$1</definedName>"
        )
    return (
        f'{_HEAD}<workbook {_MAIN} xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{listed}</sheets><definedNames>{filters}{headers}</definedNames></workbook>"
    )
