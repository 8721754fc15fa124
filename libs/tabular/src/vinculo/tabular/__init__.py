"""Tables of any length as CSV, XLSX and PDF, written in batches of Arrow columns."""

from vinculo.tabular.csv import CsvWriter
from vinculo.tabular.pdf import PdfTexts, PdfWriter
from vinculo.tabular.table import Column, Format, Kind, TableLayout, TableWriter
from vinculo.tabular.xlsx import XlsxWriter

__all__ = [
    "Column",
    "CsvWriter",
    "Format",
    "Kind",
    "PdfTexts",
    "PdfWriter",
    "TableLayout",
    "TableWriter",
    "XlsxWriter",
]
