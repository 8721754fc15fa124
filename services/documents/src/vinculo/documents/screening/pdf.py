"""PDFs are stored unchanged or rejected, so that signatures in them stay valid.

Rejected are PDFs that execute something, contain other files, are encrypted, have bytes after
their end, have a damaged index (which readers would repair differently), or decompress to a
multiple of any scan.
"""

import io
import zlib
from collections.abc import Iterator
from typing import Final

import pikepdf

from vinculo.documents.screening.criteria import CONTENT_LIMITS, FailureReason, FileRejected

END_OF_FILE: Final = b"%%EOF"
PADDING: Final = b"\0\t\n\f\r "
SCRIPTS: Final = frozenset({"/JS", "/JavaScript", "/AA", "/XFA"})
EMBEDDINGS: Final = frozenset({"/EmbeddedFiles", "/EmbeddedFile", "/EF", "/RichMediaContent"})
EMBEDDING_ANNOTATIONS: Final = frozenset(
    {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
)
ACTIVE_ACTIONS: Final = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToE",
        "/GoToR",
        "/Rendition",
        "/Movie",
        "/Sound",
        "/RichMediaExecute",
    }
)
FLATE: Final = "/FlateDecode"
CHUNK_BYTES: Final = 1_000_000


def sanitized_pdf(content: bytes) -> bytes:
    """The same bytes. Raises FileRejected, or any exception of the parser."""
    if not content.rstrip(PADDING).endswith(END_OF_FILE):
        raise FileRejected(FailureReason.DAMAGED)
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False) as pdf:
            _check(pdf)
    except pikepdf.PasswordError:
        raise FileRejected(FailureReason.ENCRYPTED) from None
    return content


def _check(pdf: pikepdf.Pdf) -> None:
    if pdf.is_encrypted:
        raise FileRejected(FailureReason.ENCRYPTED)
    if len(pdf.objects) > CONTENT_LIMITS.objects:
        raise FileRejected(FailureReason.TOO_COMPLEX)
    pages = len(pdf.pages)
    if pages == 0:
        raise FileRejected(FailureReason.DAMAGED)
    if pages > CONTENT_LIMITS.pages:
        raise FileRejected(FailureReason.TOO_MANY_PAGES)
    _check_open_action(pdf.Root.get("/OpenAction"))
    for indirect in pdf.objects:
        for dictionary in _dictionaries(indirect, depth=0):
            _check_dictionary(dictionary)
    _check_expansion(pdf)


def _check_open_action(action: pikepdf.Object | None) -> None:
    """Word processors write the page to open at; any other action at opening is rejected."""
    if action is None or isinstance(action, pikepdf.Array):
        return
    only_goes_to_a_page = (
        isinstance(action, pikepdf.Dictionary)
        and action.get("/S") == "/GoTo"
        and "/Next" not in action
    )
    if not only_goes_to_a_page:
        raise FileRejected(FailureReason.ACTIVE_CONTENT)


def _dictionaries(thing: pikepdf.Object, depth: int) -> Iterator[pikepdf.Object]:
    """Every dictionary inside an indirect object, without those behind a reference.

    Targets of references are indirect objects too, which the caller visits.
    """
    if depth > CONTENT_LIMITS.nesting:
        raise FileRejected(FailureReason.TOO_COMPLEX)
    if isinstance(thing, pikepdf.Stream):
        thing = thing.stream_dict
    if isinstance(thing, pikepdf.Dictionary):
        yield thing
        inside = [value for _, value in thing.items()]
    elif isinstance(thing, pikepdf.Array):
        inside = list(thing)
    else:
        return
    for value in inside:
        if isinstance(value, pikepdf.Object) and not value.is_indirect:
            yield from _dictionaries(value, depth + 1)


def _check_dictionary(dictionary: pikepdf.Object) -> None:
    names = set(dictionary.keys())
    if names & SCRIPTS or str(dictionary.get("/S")) in ACTIVE_ACTIONS:
        raise FileRejected(FailureReason.ACTIVE_CONTENT)
    if names & EMBEDDINGS or str(dictionary.get("/Subtype")) in EMBEDDING_ANNOTATIONS:
        raise FileRejected(FailureReason.EMBEDDED_FILES)


def _check_expansion(pdf: pikepdf.Pdf) -> None:
    """Count what the streams decompress to, without holding it in memory."""
    remaining = CONTENT_LIMITS.expanded_bytes
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Stream):
            remaining -= _expanded_bytes(thing, remaining)
            if remaining < 0:
                raise FileRejected(FailureReason.EXPANDS_TOO_MUCH)


def _expanded_bytes(stream: pikepdf.Stream, limit: int) -> int:
    """The decompressed size of a Flate stream, 0 for others; counting stops above `limit`."""
    filters = _filters(stream)
    if filters.count(FLATE) > 1:
        raise FileRejected(FailureReason.EXPANDS_TOO_MUCH)
    if FLATE not in filters:
        return 0
    if filters[0] == FLATE:
        return _decompressed_bytes(stream.read_raw_bytes(), limit)
    return len(stream.read_bytes())


def _filters(stream: pikepdf.Stream) -> list[str]:
    filters = stream.stream_dict.get("/Filter")
    if isinstance(filters, pikepdf.Array):
        return [str(name) for name in filters]
    return [] if filters is None else [str(filters)]


def _decompressed_bytes(compressed: bytes, limit: int) -> int:
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
