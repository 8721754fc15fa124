"""PDFs are kept as they are, or not at all: signatures in them stay valid.

Refused is whatever acts when opened, carries other files, hides behind a password, or is more
than the document it shows: bytes after its end, a damaged index that readers would mend
differently, streams that unpack to a multiple of any scan.
"""

import io
import zlib
from collections.abc import Iterator

import pikepdf

from vinculo.documents.screening.criteria import FITNESS_LIMITS, FileUnfit, UnfitReason

END_OF_FILE = b"%%EOF"
PADDING = b"\0\t\n\f\r "
SCRIPTS = frozenset({"/JS", "/JavaScript", "/AA", "/XFA"})
EMBEDDINGS = frozenset({"/EmbeddedFiles", "/EmbeddedFile", "/EF", "/RichMediaContent"})
EMBEDDING_ANNOTATIONS = frozenset(
    {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
)
ACTIVE_ACTIONS = frozenset(
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


def kept_pdf(content: bytes) -> bytes:
    """Give the same bytes, or raise FileUnfit."""
    if not content.rstrip(PADDING).endswith(END_OF_FILE):
        raise FileUnfit(UnfitReason.DAMAGED)
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False) as pdf:
            _check(pdf)
    except pikepdf.PasswordError:
        raise FileUnfit(UnfitReason.ENCRYPTED) from None
    return content


def _check(pdf: pikepdf.Pdf) -> None:
    if pdf.is_encrypted:
        raise FileUnfit(UnfitReason.ENCRYPTED)
    if len(pdf.objects) > FITNESS_LIMITS.objects:
        raise FileUnfit(UnfitReason.TOO_COMPLEX)
    pages = len(pdf.pages)
    if pages == 0:
        raise FileUnfit(UnfitReason.DAMAGED)
    if pages > FITNESS_LIMITS.pages:
        raise FileUnfit(UnfitReason.TOO_MANY_PAGES)
    _check_opening(pdf.Root.get("/OpenAction"))
    for indirect in pdf.objects:
        for dictionary in _dictionaries(indirect, depth=0):
            _check_dictionary(dictionary)
    check_expansion(pdf)


def _check_opening(action: pikepdf.Object | None) -> None:
    """Word processors write where to open the document; anything else that starts is refused."""
    if action is None or isinstance(action, pikepdf.Array):
        return
    only_goes_to_a_page = (
        isinstance(action, pikepdf.Dictionary)
        and action.get("/S") == "/GoTo"
        and "/Next" not in action
    )
    if not only_goes_to_a_page:
        raise FileUnfit(UnfitReason.ACTIVE_CONTENT)


def _dictionaries(thing: pikepdf.Object, depth: int) -> Iterator[pikepdf.Object]:
    """Give every dictionary inside an indirect object; others it refers to come by themselves."""
    if depth > FITNESS_LIMITS.nesting:
        raise FileUnfit(UnfitReason.TOO_COMPLEX)
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
        raise FileUnfit(UnfitReason.ACTIVE_CONTENT)
    if names & EMBEDDINGS or str(dictionary.get("/Subtype")) in EMBEDDING_ANNOTATIONS:
        raise FileUnfit(UnfitReason.EMBEDDED_FILES)


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
