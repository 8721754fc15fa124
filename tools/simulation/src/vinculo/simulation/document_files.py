"""Generated identity cards, payslips and employment certificates, as JPEG and PDF files."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

import reportlab  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.units import cm  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from vinculo.simulation.people import Person

PDF, JPEG = "application/pdf", "image/jpeg"
FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
CARD_SIZE = (1000, 630)
INK, PALE, PAPER = (28, 40, 60), (205, 214, 226), (244, 240, 226)
STRIPES = ((252, 209, 22), (0, 56, 147), (206, 17, 38))
REQUIRED_KINDS = (
    "identity_card_front",
    "identity_card_back",
    "payslip",
    "employment_certificate",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    kind: str
    name: str
    media_type: str
    content: bytes


def required_files(person: Person, today: date) -> list[DocumentFile]:
    return [make_file(kind, person, today) for kind in REQUIRED_KINDS]


def make_file(kind: str, person: Person, today: date) -> DocumentFile:
    make: dict[str, tuple[str, Callable[[], bytes]]] = {
        "identity_card_front": (JPEG, lambda: card_front(person)),
        "identity_card_back": (JPEG, lambda: card_back(person)),
        "payslip": (PDF, lambda: payslip(person, today)),
        "employment_certificate": (PDF, lambda: certificate(person, today)),
    }
    media_type, content = make[kind]
    suffix = "pdf" if media_type == PDF else "jpg"
    return DocumentFile(
        kind=kind, name=f"{kind}.{suffix}", media_type=media_type, content=content()
    )


def corrupted(file: DocumentFile) -> DocumentFile:
    """The same file without its first bytes: screening rejects it."""
    return DocumentFile(
        kind=file.kind, name=file.name, media_type=file.media_type, content=file.content[20:]
    )


def card_front(person: Person) -> bytes:
    image, draw = _card()
    draw.text((40, 34), "REPÚBLICA DE COLOMBIA", INK, _font(34))
    draw.text((40, 80), "IDENTIFICACIÓN PERSONAL", INK, _font(26))
    draw.text((40, 150), f"NÚMERO  {with_dots(person.document_number)}", INK, _font(38))
    for top, label, value in (
        (230, "APELLIDOS", person.surnames.upper()),
        (350, "NOMBRES", person.given_names.upper()),
    ):
        draw.text((40, top), value, INK, _font(34))
        draw.text((40, top + 46), label, (90, 100, 120), _font(20))
    draw.rectangle((700, 120, 950, 440), fill=PALE)
    draw.ellipse((765, 165, 885, 300), fill=(160, 172, 190))
    draw.pieslice((725, 300, 925, 560), 180, 360, fill=(160, 172, 190))
    _signature(draw, person, (60, 560))
    return _jpeg(image)


def card_back(person: Person) -> bytes:
    image, draw = _card()
    draw.text(
        (330, 60), f"FECHA DE NACIMIENTO  {person.birth_date:%d-%b-%Y}".upper(), INK, _font(26)
    )
    draw.text((330, 110), f"TIPO DE DOCUMENTO  {person.document_type}", INK, _font(26))
    draw.text((330, 160), "ÍNDICE DERECHO", (90, 100, 120), _font(20))
    for ring in range(12):
        box = (60 + ring * 8, 70 + ring * 11, 280 - ring * 8, 350 - ring * 11)
        draw.arc(box, 20 * ring, 300 + 20 * ring, fill=INK, width=3)
    rng = random.Random(f"bars {person.document_number}")  # noqa: S311 - a pattern
    left = 60
    while left < CARD_SIZE[0] - 80:
        width = rng.randrange(2, 9)
        draw.rectangle((left, 450, left + width, 580), fill=INK)
        left += width + rng.randrange(2, 8)
    return _jpeg(image)


def payslip(person: Person, today: date) -> bytes:
    work = person.employment
    deducted = sum(cents for _, cents in work.deductions)
    social = round(work.net_monthly_salary_cents * 0.08)
    earned = work.net_monthly_salary_cents + deducted + social

    def lines(canvas: Canvas) -> None:
        _heading(canvas, work.payer.name, f"NIT {work.payer.tax_id}", "DESPRENDIBLE DE PAGO")
        top = 23.0
        for label, value in (
            ("Nombre", person.name),
            ("Documento", f"{person.document_type} {with_dots(person.document_number)}"),
            ("Cargo", work.position),
            ("Periodo", f"{today:%m/%Y}"),
        ):
            canvas.drawString(2 * cm, top * cm, f"{label}:")
            canvas.drawString(6 * cm, top * cm, value)
            top -= 0.7
        rows = [
            ("Salario básico", earned, 0),
            ("Aportes a salud y pensión", 0, social),
            *((concept, 0, cents) for concept, cents in work.deductions),
            ("TOTAL", earned, social + deducted),
        ]
        top -= 0.6
        canvas.setFont("Helvetica-Bold", 10)
        for left, title in ((2, "Concepto"), (11, "Devengado"), (16, "Deducido")):
            canvas.drawString(left * cm, top * cm, title)
        canvas.line(2 * cm, (top - 0.2) * cm, 19 * cm, (top - 0.2) * cm)
        canvas.setFont("Helvetica", 10)
        for concept, gained, lost in rows:
            top -= 0.8
            canvas.drawString(2 * cm, top * cm, concept)
            canvas.drawRightString(13 * cm, top * cm, pesos(gained) if gained else "")
            canvas.drawRightString(18 * cm, top * cm, pesos(lost) if lost else "")
        canvas.setFont("Helvetica-Bold", 12)
        net = pesos(work.net_monthly_salary_cents)
        canvas.drawString(2 * cm, (top - 1.6) * cm, f"Neto a pagar: {net}")

    return _pdf(lines)


def certificate(person: Person, today: date) -> bytes:
    work = person.employment
    contract = {
        "indefinite": "a término indefinido",
        "fixed_term": "a término fijo",
        "service": "de prestación de servicios",
        "pension": "como pensionado",
    }[work.contract_type]

    def lines(canvas: Canvas) -> None:
        _heading(canvas, work.payer.name, f"NIT {work.payer.tax_id}", "CERTIFICACIÓN LABORAL")
        text = canvas.beginText(2.5 * cm, 21.5 * cm)
        text.setFont("Helvetica", 11)
        text.setLeading(18)
        for line in (
            "A QUIEN INTERESE",
            "",
            f"Certificamos que {person.name}, con documento {person.document_type}",
            f"{with_dots(person.document_number)}, está vinculado(a) con nosotros {contract},",
            f"en el cargo de {work.position}, con un ingreso mensual neto de",
            f"{pesos(work.net_monthly_salary_cents)}.",
            "",
            f"Se expide a solicitud del interesado el {today:%d/%m/%Y}.",
            "",
            "",
            "______________________________",
            work.contact_name,
            "Talento Humano",
            f"Teléfono {work.contact_phone}",
        ):
            text.textLine(line)
        canvas.drawText(text)

    return _pdf(lines)


def with_dots(number: str) -> str:
    """A number as written in Colombia: 1.032.456.789."""
    return f"{int(number):,}".replace(",", ".") if number.isdigit() else number


def pesos(cents: int) -> str:
    return f"$ {cents // 100:,}".replace(",", ".")


def _pdf(draw: Callable[[Canvas], None]) -> bytes:
    content = BytesIO()
    canvas = Canvas(content, pagesize=A4, invariant=True)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return content.getvalue()


def _heading(canvas: Canvas, name: str, number: str, title: str) -> None:
    canvas.setFillColorRGB(0.04, 0.42, 0.36)
    canvas.rect(0, 27.6 * cm, 21 * cm, 2.2 * cm, stroke=0, fill=1)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.setFont("Helvetica-Bold", 15)
    canvas.drawString(2 * cm, 28.6 * cm, name)
    canvas.setFont("Helvetica", 10)
    canvas.drawString(2 * cm, 28 * cm, number)
    canvas.setFillColorRGB(0.1, 0.15, 0.2)
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawCentredString(10.5 * cm, 25.5 * cm, title)
    canvas.setFont("Helvetica", 10)


def _card() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", CARD_SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    for left in range(0, CARD_SIZE[0], 26):
        draw.line((left, 0, left - 300, CARD_SIZE[1]), fill=(232, 226, 208), width=2)
    for number, colour in enumerate(STRIPES):
        draw.rectangle((0, 604 + number * 9, CARD_SIZE[0], 612 + number * 9), fill=colour)
    return image, draw


def _signature(draw: ImageDraw.ImageDraw, person: Person, start: tuple[int, int]) -> None:
    rng = random.Random(f"signature {person.document_number}")  # noqa: S311 - a pattern
    left, base = start
    points = [(left + step * 16, base - rng.randrange(0, 60)) for step in range(20)]
    draw.line(points, fill=INK, width=4, joint="curve")


def _jpeg(image: Image.Image) -> bytes:
    content = BytesIO()
    image.save(content, format="JPEG", quality=85)
    return content.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont:
    """A font bundled with reportlab, because Pillow's default font has no accents."""
    return ImageFont.truetype(FONT, size)
