"""Odd files that people send and that the screening must accept."""

import base64
import io
import struct
import zlib
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image, PngImagePlugin

from .hostile_files import link, stream, with_mark_at, xobject
from .sample_files import (
    A4,
    JPEG,
    PDF,
    PNG,
    action,
    annotation,
    archive,
    encrypted,
    jpeg,
    page,
    pdf,
    pdf_with,
    picture,
    png,
    root,
)


def written(save: Callable[[Pdf, io.BytesIO], None], *changes: Callable[[Pdf], None]) -> bytes:
    document = Pdf.new()
    document.add_blank_page(page_size=A4)
    for change in changes:
        change(document)
    file = io.BytesIO()
    save(document, file)
    return file.getvalue()


def with_index_moved(by: int) -> bytes:
    start, _, rest = pdf().rpartition(b"startxref\n")
    index, _, end = rest.partition(b"\n")
    return start + b"startxref\n" + str(int(index) + by).encode() + b"\n" + end


def changed_later() -> bytes:
    """A second version of the catalogue is appended, as a signature or an annotation is."""
    content = pdf()
    index = len(content)
    with pikepdf.open(io.BytesIO(content)) as document:
        number = document.Root.objgen[0]
        pages = document.Root.Pages.objgen[0]
        size = len(document.objects) + 1
    catalogue = b"%d 0 obj\n<< /Pages %d 0 R /Type /Catalog /Lang (es) >>\nendobj\n" % (
        number,
        pages,
    )
    previous = int(content.rpartition(b"startxref\n")[2].split(b"\n")[0])
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, index)
    trailer = b"trailer << /Size %d /Root %d 0 R /Prev %d >>\n" % (size, number, previous)
    end = b"startxref\n%d\n%%%%EOF\n" % (index + len(catalogue))
    return content + catalogue + table + trailer + end


def with_attached_xml(name: str, mime_type: str) -> bytes:
    def attach(document: Pdf) -> None:
        document.attachments[name] = b"<NominaIndividual/>"
        attached = document.attachments[name]
        attached.get_file().mime_type = mime_type
        document.Root["/AF"] = Array([attached.obj])

    return pdf_with(attach)


def scanned(filter_: str, content: bytes, **entries: object) -> bytes:
    return pdf_with(
        root(
            "/X",
            lambda p: p.make_stream(
                content, Width=60, Height=40, Filter=Name(filter_), Subtype=Name.Image, **entries
            ),
        )
    )


def picture_file(
    mode: str, format_: str, size: tuple[int, int] = (60, 40), **more: object
) -> bytes:
    file = io.BytesIO()
    picture(mode, size).save(file, format_, **more)
    return file.getvalue()


def photo_with_broken_metadata() -> bytes:
    content = jpeg()
    broken = b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(20)
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(broken) + 2) + broken + content[2:]


def several_photos_in_one() -> bytes:
    file = io.BytesIO()
    picture().save(file, "MPO", save_all=True, append_images=[picture()])
    return file.getvalue()


def animated() -> bytes:
    file = io.BytesIO()
    picture().save(file, "PNG", save_all=True, append_images=[picture("RGB").rotate(90)])
    return file.getvalue()


def with_broken_comment() -> bytes:
    """The check sum of a comment is wrong."""
    content = png()
    at = content.index(b"tEXt") + 10
    return content[:at] + b"\xff" + content[at + 1 :]


def with_large_comment() -> bytes:
    metadata = PngImagePlugin.PngInfo()
    metadata.add_text("Comment", "x" * 3_000_000, zip=True)
    return picture_file("RGB", "PNG", pnginfo=metadata)


def rotated(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return jpeg(exif=exif)


HARMLESS_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a byte order mark before a PDF": (PDF, lambda: b"\xef\xbb\xbf" + pdf()),
    "a line end before a PDF": (PDF, lambda: b"\r\n" + pdf()),
    "blanks before a PDF": (PDF, lambda: b" " * 500 + pdf()),
    "zeros behind a PDF": (PDF, lambda: pdf() + bytes(512)),
    "line ends behind a PDF": (PDF, lambda: pdf() + b"\r\n\r\n\n"),
    "no line end behind a PDF": (PDF, lambda: pdf().rstrip()),
    "an index that begins one byte earlier": (PDF, lambda: with_index_moved(-1)),
    "an index that begins three bytes later": (PDF, lambda: with_index_moved(3)),
    "a PDF that was changed later": (PDF, changed_later),
    "a PDF for the web": (PDF, lambda: written(lambda p, f: p.save(f, linearize=True))),
    "a PDF with object streams": (
        PDF,
        lambda: written(
            lambda p, f: p.save(f, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        ),
    ),
    "a PDF of version 1.3": (
        PDF,
        lambda: written(
            lambda p, f: p.save(
                f,
                force_version="1.3",
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
            )
        ),
    ),
    "a PDF of version 2.0": (PDF, lambda: written(lambda p, f: p.save(f, min_version="2.0"))),
    "a lock against editing": (PDF, lambda: encrypted("")),
    "the XML of an electronic payroll document": (
        PDF,
        lambda: with_attached_xml("nomina.xml", "application/xml"),
    ),
    "XML with a name in capital letters": (
        PDF,
        lambda: with_attached_xml("NOMINA.XML", "application/octet-stream"),
    ),
    "XML by its type only": (PDF, lambda: with_attached_xml("nomina", "text/xml")),
    "a link to a web page": (PDF, lambda: pdf_with(link("https://lender.example"))),
    "a link in capital letters": (PDF, lambda: pdf_with(link("HTTP://LENDER.EXAMPLE"))),
    "a link to a mailbox": (PDF, lambda: pdf_with(link("mailto:nomina@lender.example"))),
    "a link to a page": (
        PDF,
        lambda: pdf_with(page("/Annots", annotation("Link", A=action("GoTo", D=String("one"))))),
    ),
    "an annotation with flags": (PDF, lambda: pdf_with(page("/Annots", annotation("Text", F=4)))),
    "a form without scripts": (
        PDF,
        lambda: pdf_with(root("/AcroForm", lambda _: Dictionary(Fields=Array([])))),
    ),
    "a structure with attributes": (
        PDF,
        lambda: pdf_with(
            root(
                "/StructTreeRoot",
                lambda _: Dictionary(K=Dictionary(S=Name.P, A=Dictionary(O=Name.Layout))),
            )
        ),
    ),
    "a page transition": (
        PDF,
        lambda: pdf_with(page("/Trans", lambda _: Dictionary(S=Name.Fly))),
    ),
    "a font whose name is F": (
        PDF,
        lambda: pdf_with(
            page(
                "/Resources",
                lambda _: Dictionary(
                    Font=Dictionary(F=Dictionary(Type=Name.Font, BaseFont=Name.Helvetica))
                ),
            )
        ),
    ),
    "a drawing": (PDF, lambda: xobject(Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))),
    "a scan in a PDF": (PDF, lambda: scanned("/DCTDecode", jpeg())),
    "a scan as long text": (
        PDF,
        lambda: pdf_with(
            stream(
                base64.a85encode(zlib.compress(b"q Q")) + b"~>",
                Filter=Array([Name.ASCII85Decode, Name.FlateDecode]),
            )
        ),
    ),
    "a content as run lengths": (
        PDF,
        lambda: pdf_with(stream(b"\x02q Q\x80", Filter=Name.RunLengthDecode)),
    ),
    "a page of A0": (PDF, lambda: pdf_with(page("/MediaBox", lambda _: Array([0, 0, 2384, 3370])))),
    "a comment in a PDF": (PDF, lambda: with_mark_at(300, b"made by payroll")),
    "a photo in CMYK": (JPEG, lambda: picture_file("CMYK", "JPEG")),
    "a grey photo": (JPEG, lambda: picture_file("L", "JPEG")),
    "a progressive photo": (JPEG, lambda: picture_file("RGB", "JPEG", progressive=True)),
    "a photo of 48 megapixels": (JPEG, lambda: picture_file("RGB", "JPEG", (8000, 6000))),
    "a photo with broken metadata": (JPEG, photo_with_broken_metadata),
    "several photos in one": (JPEG, several_photos_in_one),
    "a photo with an archive behind it": (JPEG, lambda: jpeg() + archive()),
    "a photo on its side": (JPEG, lambda: rotated(6)),
    "a photo with an unknown orientation": (JPEG, lambda: rotated(99)),
    "an animated picture": (PNG, animated),
    "a comment with a wrong check sum": (PNG, with_broken_comment),
    "a long comment": (PNG, with_large_comment),
    "a picture with 16 bits": (PNG, lambda: png("I;16")),
    "a transparent picture": (PNG, lambda: png("RGBA")),
    "a picture with a palette, 5,000 pixels wide": (
        PNG,
        lambda: picture_file("P", "PNG", (5000, 50)),
    ),
    "a picture in two colours, 5,000 pixels high": (
        PNG,
        lambda: picture_file("1", "PNG", (50, 5000)),
    ),
    "bytes behind a picture": (PNG, lambda: png() + pdf()),
}
"""By description: the declared media type and the file."""
