"""Tables of any length as CSV, XLSX and PDF, written in batches of Arrow columns."""

from vinculo.tabular.csv import CsvWriter, Guard
from vinculo.tabular.fonts import FontError, Fonts, load_fonts
from vinculo.tabular.pdf import PdfTexts, PdfWriter
from vinculo.tabular.table import (
    CellNotRepresentable,
    Column,
    FileReport,
    Format,
    Kind,
    RowNumbers,
    TableLayout,
    TableWriter,
)
from vinculo.tabular.xlsx import XlsxWriter

__all__ = [
    "CellNotRepresentable",
    "Column",
    "CsvWriter",
    "FileReport",
    "FontError",
    "Fonts",
    "Format",
    "Guard",
    "Kind",
    "PdfTexts",
    "PdfWriter",
    "RowNumbers",
    "TableLayout",
    "TableWriter",
    "XlsxWriter",
    "load_fonts",
]
