"""How much the streams of a PDF decompress to, counted without holding it in memory.

Stacks of filters are limited: one that compresses, below at most one that writes bytes as text.
"""

import base64
import binascii
import io
import re
import zlib
from typing import Final

import pikepdf
from PIL import Image

from vinculo.documents.screening.criteria import CONTENT_LIMITS, FailureReason, FileRejected

FULL_NAMES: Final = {
    "/AHx": "/ASCIIHexDecode",
    "/A85": "/ASCII85Decode",
    "/LZW": "/LZWDecode",
    "/Fl": "/FlateDecode",
    "/RL": "/RunLengthDecode",
    "/CCF": "/CCITTFaxDecode",
    "/DCT": "/DCTDecode",
}
AS_TEXT: Final = frozenset({"/ASCIIHexDecode", "/ASCII85Decode"})
COMPRESSING: Final = frozenset({"/FlateDecode", "/LZWDecode", "/RunLengthDecode"})
PICTURES: Final = {"/DCTDecode": "JPEG", "/JPXDecode": "JPEG2000"}
MAX_TEXT_BYTES: Final = {"/ASCIIHexDecode": 40_000_000, "/ASCII85Decode": 2_000_000}
MAX_LZW_BYTES: Final = 4_000_000
CHUNK_BYTES: Final = 1_000_000
LZW_CLEAR: Final = 256
LZW_END: Final = 257
LZW_MAX_BITS: Final = 12
RUN_END: Final = 128
_WHITE_SPACE: Final = re.compile(rb"[\0\t\n\f\r ]+")


def check_streams(pdf: pikepdf.Pdf) -> None:
    """Raises FileRejected when the streams together, or a picture, become too large."""
    remaining = CONTENT_LIMITS.expanded_bytes
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            _check_picture(thing)
            remaining -= _expanded_bytes(thing, remaining)
            if remaining < 0:
                raise FileRejected(FailureReason.EXPANDS_TOO_MUCH)


def _check_picture(stream: pikepdf.Stream) -> None:
    """The declared size, and the size in the picture's own header, which decoders go by."""
    dictionary = stream.stream_dict
    width, height = dictionary.get("/Width", 0), dictionary.get("/Height", 0)
    if isinstance(width, int) and isinstance(height, int):
        _check_pixels(width, height)
    filters = _filters(stream)
    if len(filters) == 1 and filters[0] in PICTURES:
        try:
            picture = Image.open(
                io.BytesIO(stream.read_raw_bytes()), formats=[PICTURES[filters[0]]]
            )
        except (OSError, SyntaxError, ValueError):
            return
        _check_pixels(*picture.size)


def _check_pixels(width: int, height: int) -> None:
    if width * height > CONTENT_LIMITS.pixels:
        raise FileRejected(FailureReason.TOO_MANY_PIXELS)


def _filters(stream: pikepdf.Stream) -> list[str]:
    filters = stream.stream_dict.get("/Filter")
    if filters is None:
        return []
    names = list(filters) if isinstance(filters, pikepdf.Array) else [filters]
    return [FULL_NAMES.get(str(name), str(name)) for name in names]


def _expanded_bytes(stream: pikepdf.Stream, limit: int) -> int:
    """The decompressed size; counting stops above `limit`. Raises FileRejected."""
    filters = _filters(stream)
    text = [name for name in filters if name in AS_TEXT]
    compressing = [name for name in filters if name in COMPRESSING]
    if len(text) > 1 or len(compressing) > 1 or filters[: len(text)] != text:
        raise FileRejected(FailureReason.EXPANDS_TOO_MUCH)
    if not compressing:
        return 0
    content = stream.read_raw_bytes()
    if text:
        content = _without_text(content, text[0])
    match compressing[0]:
        case "/FlateDecode":
            return _inflated_bytes(content, limit)
        case "/LZWDecode":
            return _lzw_bytes(content, limit)
        case _:
            return _run_length_bytes(content, limit)


def _without_text(content: bytes, filter_: str) -> bytes:
    if len(content) > MAX_TEXT_BYTES[filter_]:
        raise FileRejected(FailureReason.EXPANDS_TOO_MUCH)
    digits = _WHITE_SPACE.sub(b"", content)
    try:
        if filter_ == "/ASCIIHexDecode":
            digits = digits.partition(b">")[0]
            return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
        return base64.a85decode(digits.removeprefix(b"<~").partition(b"~>")[0])
    except ValueError:
        raise FileRejected(FailureReason.DAMAGED) from None


def _inflated_bytes(compressed: bytes, limit: int) -> int:
    """Decompress in chunks that are dropped at once, and stop behind the limit."""
    decompressor = zlib.decompressobj()
    size = 0
    while compressed and not decompressor.eof and size <= limit:
        try:
            size += len(decompressor.decompress(compressed, CHUNK_BYTES))
        except zlib.error:
            return size
        compressed = decompressor.unconsumed_tail
    return size


def _lzw_bytes(compressed: bytes, limit: int) -> int:
    """Follow the lengths of the table's entries only. Raises FileRejected for a large stream."""
    if len(compressed) > MAX_LZW_BYTES:
        raise FileRejected(FailureReason.EXPANDS_TOO_MUCH)
    first = [1] * 256 + [0, 0]
    lengths, bits, size, previous = list(first), 9, 0, 0
    buffer = available = 0
    for byte in compressed:
        buffer = (buffer << 8 | byte) & 0xFFFFFF
        available += 8
        if available < bits:
            continue
        available -= bits
        code = buffer >> available & (1 << bits) - 1
        if code == LZW_END or size > limit:
            return size
        if code == LZW_CLEAR:
            lengths, bits, previous = list(first), 9, 0
            continue
        length = lengths[code] if code < len(lengths) else previous + 1
        size += length
        if previous and len(lengths) < 1 << LZW_MAX_BITS:
            lengths.append(previous + 1)
        previous = length
        bits = min(LZW_MAX_BITS, max(9, (len(lengths) + 1).bit_length()))
    return size


def _run_length_bytes(compressed: bytes, limit: int) -> int:
    position = size = 0
    while position < len(compressed) and size <= limit:
        length = compressed[position]
        if length == RUN_END:
            break
        if length < RUN_END:
            size += length + 1
            position += length + 2
        else:
            size += 257 - length
            position += 2
    return size
