"""The writer of each format."""

from collections.abc import Mapping
from typing import Final

from vinculo.query_api.exports.csv_file import CsvFile
from vinculo.query_api.exports.formats import Format, OpenFile
from vinculo.query_api.exports.pdf_file import PdfFile
from vinculo.query_api.exports.xlsx_file import XlsxFile

WRITERS: Final[Mapping[Format, OpenFile]] = {
    Format.CSV: CsvFile,
    Format.XLSX: XlsxFile,
    Format.PDF: PdfFile,
}
