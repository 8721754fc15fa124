"""Files as people send them: valid ones, and those that the screening must reject."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image, PngImagePlugin

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
A4 = (595, 842)


def picture(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert(mode)


def jpeg(*, exif: Image.Exif | None = None, size: tuple[int, int] = (60, 40)) -> bytes:
    file = io.BytesIO()
    picture(size=size).save(file, "JPEG", comment=b"secret place", exif=exif or Image.Exif())
    return file.getvalue()


def png(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> bytes:
    file = io.BytesIO()
    metadata = PngImagePlugin.PngInfo()
    metadata.add_text("Comment", "secret place")
    picture(mode, size).save(file, "PNG", pnginfo=metadata)
    return file.getvalue()


def gif() -> bytes:
    file = io.BytesIO()
    picture("L").save(file, "GIF")
    return file.getvalue()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("evil.exe", b"MZ" * 100)
    return file.getvalue()


def saved(pdf: Pdf, encryption: pikepdf.Encryption | None = None) -> bytes:
    file = io.BytesIO()
    if encryption is None:
        pdf.save(
            file,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            deterministic_id=True,
        )
    else:
        pdf.save(file, encryption=encryption)
    return file.getvalue()


def pdf_with(*changes: Callable[[Pdf], None], pages: int = 1) -> bytes:
    pdf = Pdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=A4)
    for change in changes:
        change(pdf)
    return saved(pdf)


def pdf(pages: int = 1) -> bytes:
    return pdf_with(pages=pages)


def root(name: str, value: Callable[[Pdf], object]) -> Callable[[Pdf], None]:
    def put(pdf: Pdf) -> None:
        pdf.Root[name] = value(pdf)

    return put


def page(name: str, value: Callable[[Pdf], object]) -> Callable[[Pdf], None]:
    def put(pdf: Pdf) -> None:
        pdf.pages[0].obj[name] = value(pdf)

    return put


def action(kind: str, **more: object) -> Dictionary:
    return Dictionary(S=Name(f"/{kind}"), **more)  # type: ignore[arg-type]


def script(_: Pdf) -> Dictionary:
    return action("JavaScript", JS="app.alert(1)")


def annotation(subtype: str, **more: object) -> Callable[[Pdf], Array]:
    def annotations(_: Pdf) -> Array:
        rectangle = Array([0, 0, 10, 10])
        return Array([Dictionary(Subtype=Name(f"/{subtype}"), Rect=rectangle, **more)])  # type: ignore[arg-type]

    return annotations


def attach(pdf: Pdf) -> None:
    pdf.attachments["evil.exe"] = b"MZ" * 100


def flate_bomb(pdf: Pdf) -> None:
    packing = zlib.compressobj(9)
    megabyte = bytes(1_000_000)
    packed = b"".join(packing.compress(megabyte) for _ in range(401)) + packing.flush()
    pdf.pages[0].obj["/Contents"] = pdf.make_stream(packed, Filter=Name.FlateDecode)


def twice_packed(pdf: Pdf) -> None:
    packed = zlib.compress(zlib.compress(bytes(1_000_000)))
    pdf.pages[0].obj["/Contents"] = pdf.make_stream(
        packed, Filter=Array([Name.FlateDecode, Name.FlateDecode])
    )


def deeply_nested(pdf: Pdf) -> None:
    nested = Array([])
    for _ in range(60):
        nested = Array([nested])
    pdf.Root["/Nested"] = nested


def without_pages() -> bytes:
    return saved(Pdf.new())


def encrypted(user_password: str) -> bytes:
    locked = Pdf.new()
    locked.add_blank_page(page_size=A4)
    return saved(locked, encryption=pikepdf.Encryption(owner="owner", user=user_password))


def png_declaring(width: int, height: int) -> bytes:
    """A file of a few bytes whose header declares a picture of any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


BAD_FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "an empty file said to be a PDF": (PDF, bytes, "empty"),
    "an empty file said to be a JPEG": (JPEG, bytes, "empty"),
    "a PNG said to be a JPEG": (JPEG, png, "type_mismatch"),
    "a JPEG said to be a PNG": (PNG, jpeg, "type_mismatch"),
    "a JPEG said to be a PDF": (PDF, jpeg, "type_mismatch"),
    "a GIF said to be a JPEG": (JPEG, gif, "type_mismatch"),
    "a web page said to be a PDF": (PDF, lambda: b"<html><script>1</script>", "type_mismatch"),
    "a program said to be a PNG": (PNG, lambda: b"MZ" + bytes(500), "type_mismatch"),
    "an archive said to be a PDF": (PDF, archive, "type_mismatch"),
    "a PDF behind other bytes": (PDF, lambda: b"GIF89a;" + pdf(), "type_mismatch"),
    "a PDF hidden before a JPEG": (JPEG, lambda: pdf() + jpeg(), "type_mismatch"),
    "a JPEG's first bytes only": (JPEG, lambda: jpeg()[:3], "damaged"),
    "half a JPEG": (JPEG, lambda: jpeg(size=(600, 400))[:2000], "damaged"),
    "half a PNG": (PNG, lambda: png(size=(600, 400))[: len(png(size=(600, 400))) // 2], "damaged"),
    "a PNG's signature and noise": (PNG, lambda: png()[:8] + bytes(range(200)), "damaged"),
    "a PNG of two hundred million pixels": (
        PNG,
        lambda: png_declaring(20_000, 10_000),
        "too_many_pixels",
    ),
    "a PNG of billions of pixels": (PNG, lambda: png_declaring(65_000, 65_000), "too_many_pixels"),
    "half a PDF": (PDF, lambda: pdf()[: len(pdf()) // 2], "damaged"),
    "a PDF's first line only": (PDF, lambda: b"%PDF-1.7\n", "damaged"),
    "a PDF with noise for a body": (PDF, lambda: b"%PDF-1.7\n" + bytes(900) + b"%%EOF", "damaged"),
    "a PDF without pages": (PDF, without_pages, "damaged"),
    "an archive behind a PDF": (PDF, lambda: pdf() + archive(), "bytes_after_end"),
    "a web page behind a PDF": (PDF, lambda: pdf() + b"<script>1</script>", "bytes_after_end"),
    "a PDF with a password": (PDF, lambda: encrypted("secret"), "encrypted"),
    "a PDF with a script at opening": (
        PDF,
        lambda: pdf_with(root("/OpenAction", script)),
        "active_content",
    ),
    "a PDF that starts a program": (
        PDF,
        lambda: pdf_with(root("/OpenAction", lambda _: action("Launch", F="cmd.exe"))),
        "active_content",
    ),
    "a PDF that goes to a page and then on to a script": (
        PDF,
        lambda: pdf_with(root("/OpenAction", lambda p: action("GoTo", Next=script(p)))),
        "active_content",
    ),
    "a PDF with named scripts": (
        PDF,
        lambda: pdf_with(
            root(
                "/Names", lambda p: Dictionary(JavaScript=Dictionary(Names=Array(["a", script(p)])))
            )
        ),
        "active_content",
    ),
    "a PDF with a script when a page is seen": (
        PDF,
        lambda: pdf_with(page("/AA", lambda p: Dictionary(O=script(p)))),
        "active_content",
    ),
    "a PDF with a script behind a link": (
        PDF,
        lambda: pdf_with(page("/Annots", annotation("Link", A=action("JavaScript")))),
        "active_content",
    ),
    "a PDF with a form that a link sends": (
        PDF,
        lambda: pdf_with(page("/Annots", annotation("Link", A=action("SubmitForm", F="http://x")))),
        "active_content",
    ),
    "a PDF with an XFA form": (
        PDF,
        lambda: pdf_with(root("/AcroForm", lambda _: Dictionary(XFA=Array(["template", "x"])))),
        "active_content",
    ),
    "a PDF with a file attached": (PDF, lambda: pdf_with(attach), "embedded_files"),
    "a PDF with rich media": (
        PDF,
        lambda: pdf_with(page("/Annots", annotation("RichMedia"))),
        "embedded_files",
    ),
    "a PDF with 51 pages": (PDF, lambda: pdf(pages=51), "too_many_pages"),
    "a PDF that unpacks to 401 million bytes": (
        PDF,
        lambda: pdf_with(flate_bomb),
        "expands_too_much",
    ),
    "a PDF packed twice over": (PDF, lambda: pdf_with(twice_packed), "expands_too_much"),
    "a PDF nested without end": (PDF, lambda: pdf_with(deeply_nested), "too_complex"),
}
"""By description: the declared media type, the file, and the reason of its failure."""
