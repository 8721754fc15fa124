"""More files that the screening must reject: hidden in filters, references and other file types."""

import base64
import io
import struct
import zlib
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image

from .sample_files import (
    JPEG,
    PDF,
    PNG,
    action,
    annotation,
    archive,
    jpeg,
    page,
    pdf,
    pdf_with,
    picture,
    root,
    saved,
)

MEGABYTES = bytes(1_000_000)
UNC_PATH = "\\\\\\\\evil.example\\\\share\\\\x.pdf".replace("\\\\", "\\")


def deflated(megabytes: int) -> bytes:
    packing = zlib.compressobj(9)
    return b"".join(packing.compress(MEGABYTES) for _ in range(megabytes)) + packing.flush()


def stream(raw: bytes, **entries: object) -> Callable[[Pdf], None]:
    """A page whose content is this stream, with these entries in its dictionary."""

    def put(document: Pdf) -> None:
        document.pages[0].obj["/Contents"] = document.make_stream(raw, **entries)

    return put


def link(address: str) -> Callable[[Pdf], None]:
    return page("/Annots", annotation("Link", A=Dictionary(S=Name.URI, URI=String(address))))


def linked(kind: str, **more: object) -> bytes:
    return pdf_with(page("/Annots", annotation("Link", A=action(kind, **more))))


def xobject(**entries: object) -> bytes:
    def put(document: Pdf) -> None:
        drawn = document.make_stream(b"", Type=Name.XObject, **entries)
        document.pages[0].obj["/Resources"] = Dictionary(XObject=Dictionary(X=drawn))

    return pdf_with(put)


def run_length_bomb() -> bytes:
    return b"\x81\0" * 3_200_000


def lzw_bomb() -> bytes:
    """Codes of a table that is never cleared: each stands for one byte more than the last."""
    codes = [256, 0, *range(258, 4095), *[4094] * 120_000, 257]
    bits, buffer, count, size, out = 9, 0, 0, 258, bytearray()
    for code in codes:
        buffer = buffer << bits | code
        count += bits
        while count >= 8:
            count -= 8
            out.append(buffer >> count & 255)
        buffer &= (1 << count) - 1
        if code > 257 or code == 0:
            size += 1
        bits = min(12, max(9, size.bit_length()))
    return bytes(out)


def jpeg_declaring(width: int, height: int) -> bytes:
    content = bytearray(jpeg())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(content)


def in_an_archive_that_ends_like_a_pdf() -> bytes:
    """A PDF in front of an archive whose comment is the end of a PDF."""
    start = pdf()
    index = start.rindex(b"startxref")
    comment = start[index:]
    packed = bytearray(archive())
    packed[-2:] = struct.pack("<H", len(comment))
    return start + bytes(packed) + comment


def with_mark_at(position: int, mark: bytes) -> bytes:
    """A PDF that is a disc image or another archive too: the mark is inside a comment."""
    header, _, rest = pdf().partition(b"\n")
    filling = b"%" + b"x" * (position - len(header) - 2) + mark + b"\n"
    start = header + b"\n" + filling
    return rebuilt(start, rest)


def rebuilt(start: bytes, rest: bytes) -> bytes:
    """The rest of a PDF behind another start, with the positions of its objects corrected."""
    with pikepdf.open(io.BytesIO(start + rest), attempt_recovery=True):
        pass
    body, _, _ = rest.partition(b"xref\n")
    content = start + body
    offsets = [
        content.index(b"%d 0 obj" % number) for number in range(1, rest.count(b" 0 obj") + 1)
    ]
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    table += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = rest[rest.index(b"trailer") : rest.index(b"startxref")]
    return content + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(content)


def heic() -> bytes:
    return struct.pack(">I", 24) + b"ftypheic" + bytes(12) + bytes(500)


def with_area(box: list[int], **entries: object) -> bytes:
    return pdf_with(
        page("/MediaBox", lambda _: Array(box)),
        *(page(f"/{k}", lambda _, v=v: v) for k, v in entries.items()),  # type: ignore[misc]
    )


def attached(name: str) -> bytes:
    def attach(document: Pdf) -> None:
        document.attachments[name] = b"MZ" * 100

    return pdf_with(attach)


def owner_and_user_password() -> bytes:
    locked = Pdf.new()
    locked.add_blank_page()
    return saved(
        locked, encryption=pikepdf.Encryption(owner="o", user="u", R=4, aes=False, metadata=False)
    )


def gif_as(_: str) -> bytes:
    file = io.BytesIO()
    picture("L").save(file, "GIF")
    return file.getvalue()


def webp() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, "WEBP")
    return file.getvalue()


HOSTILE_FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a bomb behind an abbreviated filter": (
        PDF,
        lambda: pdf_with(stream(deflated(401), Filter=Name("/Fl"))),
        "expands_too_much",
    ),
    "two filters, both abbreviated": (
        PDF,
        lambda: pdf_with(
            stream(zlib.compress(deflated(5)), Filter=Array([Name("/Fl"), Name("/Fl")]))
        ),
        "expands_too_much",
    ),
    "two run lengths": (
        PDF,
        lambda: pdf_with(
            stream(run_length_bomb(), Filter=Array([Name("/RL"), Name("/RunLengthDecode")]))
        ),
        "expands_too_much",
    ),
    "a bomb of run lengths": (
        PDF,
        lambda: pdf_with(stream(run_length_bomb(), Filter=Name("/RL"))),
        "expands_too_much",
    ),
    "a bomb of LZW": (
        PDF,
        lambda: pdf_with(stream(lzw_bomb(), Filter=Name("/LZW"))),
        "expands_too_much",
    ),
    "a bomb behind hexadecimal digits": (
        PDF,
        lambda: pdf_with(
            stream(deflated(401).hex().encode() + b">", Filter=Array([Name("/AHx"), Name("/Fl")]))
        ),
        "expands_too_much",
    ),
    "a bomb behind base 85": (
        PDF,
        lambda: pdf_with(
            stream(
                base64.a85encode(deflated(401)) + b"~>", Filter=Array([Name("/A85"), Name("/Fl")])
            )
        ),
        "expands_too_much",
    ),
    "hexadecimal digits behind Flate": (
        PDF,
        lambda: pdf_with(stream(b"x", Filter=Array([Name("/Fl"), Name("/AHx")]))),
        "expands_too_much",
    ),
    "text filters in a stack": (
        PDF,
        lambda: pdf_with(stream(b"3030>", Filter=Array([Name("/AHx")] * 3))),
        "expands_too_much",
    ),
    "many bombs that are small alone": (
        PDF,
        lambda: pdf_with(
            *[
                root(f"/X{number}", lambda p: p.make_stream(deflated(90), Filter=Name.FlateDecode))
                for number in range(5)
            ]
        ),
        "expands_too_much",
    ),
    "a picture of 60,000 by 60,000": (
        PDF,
        lambda: xobject(Subtype=Name.Image, Width=60_000, Height=60_000, BitsPerComponent=1),
        "too_many_pixels",
    ),
    "a picture whose own header declares more": (
        PDF,
        lambda: pdf_with(
            root(
                "/X",
                lambda p: p.make_stream(
                    jpeg_declaring(60_000, 60_000), Width=60, Height=40, Filter=Name("/DCT")
                ),
            )
        ),
        "too_many_pixels",
    ),
    "a page of a square kilometre": (
        PDF,
        lambda: with_area([0, 0, 2_834_645, 2_834_645]),
        "too_many_pixels",
    ),
    "a page with a large unit": (
        PDF,
        lambda: with_area([0, 0, 595, 842], UserUnit=100),
        "too_many_pixels",
    ),
    "a thread in another file": (
        PDF,
        lambda: linked("Thread", F=String(UNC_PATH)),
        "active_content",
    ),
    "a page of another file": (PDF, lambda: linked("GoToR", F=String("x.pdf")), "active_content"),
    "a page of an embedded file": (PDF, lambda: linked("GoToE"), "active_content"),
    "an action that prints": (PDF, lambda: linked("Named", N=Name("/Print")), "active_content"),
    "an action of an unknown type": (PDF, lambda: linked("Unknown"), "active_content"),
    "an action that imports data": (PDF, lambda: linked("ImportData"), "active_content"),
    "an action that resets a form": (PDF, lambda: linked("ResetForm"), "active_content"),
    "an action that hides": (PDF, lambda: linked("Hide"), "active_content"),
    "a rendition": (PDF, lambda: linked("Rendition"), "active_content"),
    "an unknown action behind a bookmark": (
        PDF,
        lambda: pdf_with(
            root("/Outlines", lambda _: Dictionary(First=Dictionary(A=action("Secret"))))
        ),
        "active_content",
    ),
    "an address of a local file": (
        PDF,
        lambda: pdf_with(link("file:///etc/passwd")),
        "active_content",
    ),
    "an address that is a script": (
        PDF,
        lambda: pdf_with(link("javascript:alert(1)")),
        "active_content",
    ),
    "an address with control characters in its script": (
        PDF,
        lambda: pdf_with(link("java\nscript:alert(1)")),
        "active_content",
    ),
    "an address of a share": (PDF, lambda: pdf_with(link(UNC_PATH)), "active_content"),
    "relative addresses of local files": (
        PDF,
        lambda: pdf_with(root("/URI", lambda _: Dictionary(Base=String("file:///")))),
        "active_content",
    ),
    "a reference XObject": (
        PDF,
        lambda: xobject(Subtype=Name.Form, Ref=Dictionary(F=String(UNC_PATH), Page=0)),
        "external_files",
    ),
    "a stream in an external file": (
        PDF,
        lambda: pdf_with(stream(b"", F=String(UNC_PATH))),
        "external_files",
    ),
    "a stream in an external file, by a specification": (
        PDF,
        lambda: pdf_with(
            stream(b"", F=Dictionary(FS=Name("/URL"), F=String("http://evil.example")))
        ),
        "external_files",
    ),
    "an unused file specification": (
        PDF,
        lambda: pdf_with(root("/X", lambda _: Dictionary(Type=Name.Filespec, UF=String("x")))),
        "external_files",
    ),
    "an attached program": (PDF, lambda: attached("payroll.exe"), "embedded_files"),
    "an attached web page": (PDF, lambda: attached("payroll.html"), "embedded_files"),
    "a portfolio": (
        PDF,
        lambda: pdf_with(root("/Collection", lambda _: Dictionary())),
        "embedded_files",
    ),
    "a film": (PDF, lambda: pdf_with(page("/Annots", annotation("Movie"))), "embedded_files"),
    "a sound": (PDF, lambda: pdf_with(page("/Annots", annotation("Sound"))), "embedded_files"),
    "a 3D model": (PDF, lambda: pdf_with(page("/Annots", annotation("3D"))), "embedded_files"),
    "a screen": (PDF, lambda: pdf_with(page("/Annots", annotation("Screen"))), "embedded_files"),
    "an archive that ends like a PDF": (PDF, in_an_archive_that_ends_like_a_pdf, "embedded_files"),
    "a disc image too": (PDF, lambda: with_mark_at(32_769, b"CD001"), "embedded_files"),
    "a tape archive too": (PDF, lambda: with_mark_at(257, b"ustar"), "embedded_files"),
    "another archive too": (PDF, lambda: with_mark_at(100, b"Rar!\x1a\x07\0"), "embedded_files"),
    "an index far beyond": (
        PDF,
        lambda: pdf().replace(b"startxref\n", b"startxref\n9"),
        "damaged_index",
    ),
    "both passwords": (PDF, owner_and_user_password, "encrypted"),
    "a photo in HEIC": (JPEG, heic, "heic"),
    "a JPEG of four gigapixels": (JPEG, lambda: jpeg_declaring(65_000, 65_000), "too_many_pixels"),
    "a GIF said to be a PNG": (PNG, lambda: gif_as("PNG"), "type_mismatch"),
    "a WebP said to be a JPEG": (JPEG, webp, "type_mismatch"),
    "a JPEG behind white space": (JPEG, lambda: b"\n" + jpeg(), "type_mismatch"),
}
"""By description: the declared media type, the file, and the reason of its failure."""
