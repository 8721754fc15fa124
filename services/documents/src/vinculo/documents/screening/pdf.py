"""PDFs are stored unchanged, so that signatures in them stay valid, or with harmless flaws mended.

Mended are white space around the file, an index that is off by a few bytes, a lock against editing,
and attached XML. Rejected are PDFs that execute something, contain or refer to other files, are
another type of file too, need a password, or decompress to a multiple of any scan.
"""

import io
import re
from collections.abc import Iterator
from typing import Final

import pikepdf

from vinculo.documents.screening.criteria import (
    CONTENT_LIMITS,
    HARMLESS_BEFORE_A_PDF,
    SIGNATURES,
    FailureReason,
    FileRejected,
)
from vinculo.documents.screening.pdf_streams import check_streams

PADDING: Final = b"\0\t\n\f\r "
LINE_ENDS: Final = frozenset({b"\n", b"\r", b"\r\n"})
END: Final = re.compile(rb"startxref[\0\t\n\f\r ]+(\d{1,10})[\0\t\n\f\r ]+%%EOF\Z")
INDEX: Final = re.compile(rb"xref[\0\t\n\f\r ]|\d+[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+obj")
INDEX_TOLERANCE_BYTES: Final = 16
OTHER_FILES: Final = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"PK\x05\x06", b"MSCF\0\0\0\0")
"""Archives that programs find anywhere in a file, or from its end."""
TAR: Final = (257, b"ustar")
DISC: Final = (32_769, b"CD001")
SCRIPTS: Final = frozenset({"/JS", "/JavaScript", "/AA", "/XFA"})
EMBEDDINGS: Final = frozenset(
    {"/EmbeddedFiles", "/EmbeddedFile", "/EF", "/RF", "/RichMediaContent", "/Collection"}
)
EMBEDDING_ANNOTATIONS: Final = frozenset(
    {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
)
ALLOWED_ACTIONS: Final = frozenset({"/GoTo", "/URI"})
ACTIVE_ACTIONS: Final = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/ResetForm",
        "/GoToE",
        "/GoToR",
        "/Named",
        "/Thread",
        "/Rendition",
        "/Movie",
        "/Sound",
        "/Hide",
        "/SetOCGState",
        "/RichMediaExecute",
    }
)
ACTION_KEYS: Final = ("/A", "/PA", "/OpenAction", "/Next")
FILE_KEYS: Final = ("/F", "/UF", "/DOS", "/Mac", "/Unix")
STREAM_FILE_KEYS: Final = ("/F", "/FFilter", "/FDecodeParms")
ADDRESSES: Final = (b"http://", b"https://", b"mailto:")
CONTROL_CHARACTERS: Final = bytes(range(0x21))
XML_TYPES: Final = frozenset({"text/xml", "application/xml"})


def sanitized_pdf(content: bytes) -> bytes:
    """The file to store. Raises FileRejected, or any exception of the parser."""
    content = content.lstrip(HARMLESS_BEFORE_A_PDF)
    trimmed = content.rstrip(PADDING)
    line_end = content[len(trimmed) :]
    content = _with_exact_index(trimmed) + (line_end if line_end in LINE_ENDS else b"")
    _check_for_other_files(content)
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False) as pdf:
            if not _mend(pdf):
                _check(pdf)
                return content
            mended = _saved(pdf)
    except pikepdf.PasswordError:
        raise FileRejected(FailureReason.ENCRYPTED) from None
    with pikepdf.open(io.BytesIO(mended), attempt_recovery=False) as pdf:
        _check(pdf)
    return mended


def _with_exact_index(content: bytes) -> bytes:
    """The file with the position of its index corrected. Raises FileRejected."""
    if not content.startswith(SIGNATURES["application/pdf"]):
        raise FileRejected(FailureReason.TYPE_MISMATCH)
    end = END.search(content, max(0, len(content) - 100))
    if end is None:
        has_end = content.rfind(b"%%EOF", 0, len(content) - 5) > 0
        raise FileRejected(FailureReason.BYTES_AFTER_END if has_end else FailureReason.DAMAGED)
    declared = int(end[1])
    if INDEX.match(content, declared):
        return content
    near = range(declared - INDEX_TOLERANCE_BYTES, declared + INDEX_TOLERANCE_BYTES + 1)
    for position in sorted(near, key=lambda each: abs(each - declared)):
        if (
            position > 0
            and INDEX.match(content, position)
            and not content[position - 1 : position].isalnum()
        ):
            return content[: end.start(1)] + str(position).encode() + content[end.end(1) :]
    raise FileRejected(FailureReason.DAMAGED_INDEX)


def _check_for_other_files(content: bytes) -> None:
    is_archive = any(mark in content for mark in OTHER_FILES)
    if is_archive or any(content.startswith(mark, at) for at, mark in (TAR, DISC)):
        raise FileRejected(FailureReason.EMBEDDED_FILES)


def _mend(pdf: pikepdf.Pdf) -> bool:
    """Remove attached XML; whether the file has to be saved anew. Raises FileRejected."""
    is_locked = pdf.is_encrypted
    names = pdf.Root.get("/Names")
    if not isinstance(names, pikepdf.Dictionary) or "/EmbeddedFiles" not in names:
        return is_locked
    for name, attached in pdf.attachments.items():
        is_xml = name.lower().endswith(".xml") or attached.get_file().mime_type in XML_TYPES
        if not is_xml:
            raise FileRejected(FailureReason.EMBEDDED_FILES)
    del names["/EmbeddedFiles"]
    for holder in (pdf.Root, *(page.obj for page in pdf.pages)):
        if "/AF" in holder:
            del holder["/AF"]
    return True


def _saved(pdf: pikepdf.Pdf) -> bytes:
    """Without encryption, and without objects that nothing refers to."""
    pdf.remove_unreferenced_resources()
    file = io.BytesIO()
    pdf.save(file, encryption=False, preserve_pdfa=False)
    return file.getvalue()


def _check(pdf: pikepdf.Pdf) -> None:
    if len(pdf.objects) > CONTENT_LIMITS.objects:
        raise FileRejected(FailureReason.TOO_COMPLEX)
    pages = len(pdf.pages)
    if pages == 0:
        raise FileRejected(FailureReason.DAMAGED)
    if pages > CONTENT_LIMITS.pages:
        raise FileRejected(FailureReason.TOO_MANY_PAGES)
    for page in pdf.pages:
        _check_area(page)
    for indirect in pdf.objects:
        if isinstance(indirect, pikepdf.Stream) and any(
            key in indirect.stream_dict for key in STREAM_FILE_KEYS
        ):
            raise FileRejected(FailureReason.EXTERNAL_FILES)
        for dictionary in _dictionaries(indirect, depth=0):
            _check_dictionary(dictionary)
    check_streams(pdf)


def _check_area(page: pikepdf.Page) -> None:
    left, bottom, right, top = [float(number) for number in page.mediabox]
    unit = float(page.obj.get("/UserUnit", 1))
    if abs((right - left) * (top - bottom)) * unit * unit > CONTENT_LIMITS.page_area:
        raise FileRejected(FailureReason.TOO_MANY_PIXELS)


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
    for key in names.intersection(ACTION_KEYS):
        _check_action(dictionary[key])
    if dictionary.get("/Type") == "/Action":
        _check_action(dictionary)
    _check_addresses(dictionary)
    _check_references(dictionary)


def _check_action(action: pikepdf.Object) -> None:
    """Only to a page or a web address; an array is the page to open at, or several actions."""
    for each in action if isinstance(action, pikepdf.Array) else [action]:
        is_action = isinstance(each, pikepdf.Dictionary) and "/S" in each
        if is_action and str(each["/S"]) not in ALLOWED_ACTIONS:
            raise FileRejected(FailureReason.ACTIVE_CONTENT)


def _check_addresses(dictionary: pikepdf.Object) -> None:
    for key in ("/URI", "/Base"):
        address = dictionary.get(key)
        if isinstance(address, pikepdf.String):
            text = bytes(address).translate(None, CONTROL_CHARACTERS).lower()
            if not text.startswith(ADDRESSES):
                raise FileRejected(FailureReason.ACTIVE_CONTENT)


def _check_references(dictionary: pikepdf.Object) -> None:
    """File specifications: names of files on the reader's machine, in its network or elsewhere."""
    names_a_file = any(isinstance(dictionary.get(key), pikepdf.String) for key in FILE_KEYS)
    is_by_address = isinstance(dictionary.get("/FS"), pikepdf.Name | pikepdf.String)
    is_reference = isinstance(dictionary.get("/Ref"), pikepdf.Dictionary)
    if names_a_file or is_by_address or is_reference or dictionary.get("/Type") == "/Filespec":
        raise FileRejected(FailureReason.EXTERNAL_FILES)
