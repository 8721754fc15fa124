"""P12: CPU time of screening a file, compared with only decoding and encoding it.

The CPU time of the screening is that of its warm process with all children, and of this process,
which sends the file and receives the result. The floor decodes and encodes the same file in this
process, without any check or limit.
"""

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

import pikepdf
import psutil
from PIL import Image

from bench.environment import BenchEnvironment
from bench.findings import NONE, Finding
from bench.rounds import alternate
from vinculo.documents.screening.images import JPEG, JPEG_QUALITY
from vinculo.documents.screening.screener import Screener, ScreeningPassed
from vinculo.simulation.document_files import make_file
from vinculo.simulation.payers import payers
from vinculo.simulation.people import make_people

PNG = "image/png"
PDF = "application/pdf"
SIDE = 4000
PHOTO = (4032, 3024)
PAGE = (1654, 2339)
"""A page of A4 at 200 dots per inch."""
NOISE = 40
SCREENING_MODULE = "vinculo.documents.screening"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`goal` is the largest ratio to the floor; `files` are a multiple of the files per round."""

    name: str
    media_type: str
    content: bytes
    floor: Callable[[bytes], object]
    floor_in_words: str
    goal: float | None = None
    files: int = 1


def samples() -> list[Sample]:
    return [
        Sample(
            name="a photo of 12 megapixels, JPEG",
            media_type=JPEG,
            content=_encoded(_noise(PHOTO), JPEG),
            floor=_decoded_and_encoded_jpeg,
            floor_in_words="decoded, scaled to 4,000 pixels and encoded",
            goal=1.25,
        ),
        Sample(
            name="a scanned page, PNG",
            media_type=PNG,
            content=_encoded(_noise(PAGE).convert("L"), PNG),
            floor=_decoded_and_encoded_png,
            floor_in_words="decoded and encoded",
            goal=1.25,
        ),
        Sample(
            name="a payslip, PDF",
            media_type=PDF,
            content=_payslip(),
            floor=_opened_and_saved_pdf,
            floor_in_words="opened and saved",
            files=20,
        ),
    ]


async def measure(environment: BenchEnvironment) -> list[Finding]:
    findings = []
    for sample in samples():
        screener = Screener()
        await screener.check()
        try:
            findings.append(await _measure(environment, screener, sample))
        finally:
            await screener.close()
    return findings


async def _measure(environment: BenchEnvironment, screener: Screener, sample: Sample) -> Finding:
    files = environment.sizes.files * sample.files

    async def screened() -> Mapping[str, float]:
        begun = _cpu_seconds()
        for _ in range(files):
            result = await screener.screen(sample.content, sample.media_type)
            if not isinstance(result, ScreeningPassed):
                raise TypeError(f"{sample.name}: {result}")
        return {"microseconds": (_cpu_seconds() - begun) / files * 1e6}

    async def floor() -> Mapping[str, float]:
        begun = time.process_time()
        for _ in range(files):
            sample.floor(sample.content)
        return {"microseconds of the floor": (time.process_time() - begun) / files * 1e6}

    figures = await alternate(
        f"P12, {sample.name}",
        {"screening": screened, "floor": floor},
        rounds=environment.sizes.rounds,
        console=environment.console,
    )
    return _finding(sample, figures["microseconds"], figures["microseconds of the floor"])


def _finding(sample: Sample, screened: Sequence[float], floor: Sequence[float]) -> Finding:
    ratios = [ours / least for ours, least in zip(screened, floor, strict=True)]
    return Finding(
        id=f"P12, {sample.media_type.split('/')[1]}",
        what=f"{sample.name}: CPU time of its screening",
        against=f"the same file only {sample.floor_in_words}",
        measured=f"{_in_ms(screened)} against {_in_ms(floor)}",
        ratio=f"{median(ratios):.2f} times ({min(ratios):.2f} times to {max(ratios):.2f} times)",
        goal=NONE if sample.goal is None else f"≤ {sample.goal} times",
        met=None if sample.goal is None else median(ratios) <= sample.goal,
    )


def _in_ms(microseconds: Sequence[float]) -> str:
    middle, low, high = (f(microseconds) / 1000 for f in (median, min, max))
    return f"{middle:.1f} ({low:.1f} to {high:.1f}) ms"


def _cpu_seconds() -> float:
    """Of this process and of the screening, with the children that have ended."""
    own = psutil.Process()
    seconds = sum(own.cpu_times()[:2])
    for process in own.children():
        if SCREENING_MODULE in process.cmdline():
            seconds += sum(process.cpu_times()[:4])
    return seconds


def _noise(size: tuple[int, int]) -> Image.Image:
    """Compresses about as well as a photo."""
    small = Image.effect_noise((size[0] // 4, size[1] // 4), NOISE)
    return small.resize(size, Image.Resampling.BICUBIC).convert("RGB")


def _encoded(picture: Image.Image, media_type: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG" if media_type == JPEG else "PNG")
    return file.getvalue()


def _decoded_and_encoded_jpeg(content: bytes) -> None:
    with Image.open(io.BytesIO(content)) as picture:
        picture.draft(None, (SIDE, SIDE))
        picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
        picture.save(io.BytesIO(), "JPEG", quality=JPEG_QUALITY)


def _decoded_and_encoded_png(content: bytes) -> None:
    with Image.open(io.BytesIO(content)) as picture:
        picture.save(io.BytesIO(), "PNG")


def _opened_and_saved_pdf(content: bytes) -> None:
    with pikepdf.open(io.BytesIO(content)) as opened:
        opened.save(io.BytesIO())


def _payslip() -> bytes:
    (person,) = make_people(1, seed=1, payers=payers())
    return make_file("payslip", person, date(2026, 11, 1)).content
