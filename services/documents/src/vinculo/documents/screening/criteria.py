"""What a file must fulfil: media types and their signatures, limits, reasons for failure."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

SIGNATURES: Final = MappingProxyType(
    {
        "application/pdf": b"%PDF-",
        "image/jpeg": b"\xff\xd8\xff",
        "image/png": b"\x89PNG\r\n\x1a\n",
    }
)
"""The first bytes of each accepted media type. They must be at the very beginning: libraries that
detect types search further into a file, and so accept a file of two types as either."""

HARMLESS_BEFORE_A_PDF: Final = b"\xef\xbb\xbf \t\r\n\f\0"
"""A byte order mark and white space, which some payroll systems write first."""

HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})


class FailureReason(StrEnum):
    EMPTY = "empty"
    TYPE_MISMATCH = "type_mismatch"
    HEIC = "heic"
    DAMAGED = "damaged"
    DAMAGED_INDEX = "damaged_index"
    BYTES_AFTER_END = "bytes_after_end"
    TOO_MANY_PIXELS = "too_many_pixels"
    ENCRYPTED = "encrypted"
    ACTIVE_CONTENT = "active_content"
    EMBEDDED_FILES = "embedded_files"
    EXTERNAL_FILES = "external_files"
    TOO_MANY_PAGES = "too_many_pages"
    EXPANDS_TOO_MUCH = "expands_too_much"
    TOO_COMPLEX = "too_complex"
    MALWARE = "malware"
    CHANGED_AFTER_UPLOAD = "changed_after_upload"
    SCREENING_FAILED = "screening_failed"
    UPLOADS_BLOCKED = "uploads_blocked"


class FileRejected(Exception):
    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentLimits:
    """`pixels` limits a picture, also inside a PDF; `decoded_bytes` what it needs in memory.

    Larger pictures than `side` are scaled. `expanded_bytes` limits the decompressed size of all
    streams of a PDF together. `page_area` is in square points of 1/72 inch; A0 has 8 million.
    """

    pixels: int = 100_000_000
    decoded_bytes: int = 500_000_000
    side: int = 4000
    pages: int = 50
    page_area: int = 30_000_000
    objects: int = 50_000
    nesting: int = 50
    expanded_bytes: int = 400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLimits:
    cpu_seconds: int = 20
    memory_bytes: int = 1_500_000_000


CONTENT_LIMITS: Final = ContentLimits()
PROCESS_LIMITS: Final = ProcessLimits()
