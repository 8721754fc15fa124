"""What a PDF's streams unpack to, counted without ever holding it."""

import zlib

import pikepdf

from vinculo.documents.screening.fitness import FITNESS_LIMITS, FileUnfit, UnfitReason

FLATE = "/FlateDecode"
CHUNK_BYTES = 1_000_000


def check_expansion(pdf: pikepdf.Pdf) -> None:
    left = FITNESS_LIMITS.expanded_bytes
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            left -= _expanded_bytes(thing, left)
            if left < 0:
                raise FileUnfit(UnfitReason.EXPANDS_TOO_MUCH)


def _expanded_bytes(stream: pikepdf.Stream, limit: int) -> int:
    filters = _filters(stream)
    if filters.count(FLATE) > 1:
        raise FileUnfit(UnfitReason.EXPANDS_TOO_MUCH)
    if FLATE not in filters:
        return 0
    if filters[0] == FLATE:
        return _unpacked_bytes(stream.read_raw_bytes(), limit)
    return len(stream.read_bytes())


def _filters(stream: pikepdf.Stream) -> list[str]:
    filters = stream.stream_dict.get("/Filter")
    if isinstance(filters, pikepdf.Array):
        return [str(name) for name in filters]
    return [] if filters is None else [str(filters)]


def _unpacked_bytes(packed: bytes, limit: int) -> int:
    """Unpack piece by piece, keeping nothing, so that a bomb costs no more than the limit."""
    unpacking = zlib.decompressobj()
    unpacked = 0
    while packed and not unpacking.eof and unpacked <= limit:
        try:
            unpacked += len(unpacking.decompress(packed, CHUNK_BYTES))
        except zlib.error:
            return unpacked
        packed = unpacking.unconsumed_tail
    return unpacked
