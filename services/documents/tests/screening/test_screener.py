import asyncio
import resource
import subprocess
import sys

import pytest

from vinculo.documents.screening import screener
from vinculo.documents.screening.criteria import (
    FailureReason,
)
from vinculo.documents.screening.screener import (
    Screener,
    ScreeningError,
    ScreeningFailed,
    ScreeningPassed,
    ScreeningTimeoutError,
)

from ..sample_files import (
    BAD_FILES,
    PDF,
    PNG,
    pdf,
    png,
)


@pytest.mark.parametrize("description", BAD_FILES)
async def test_a_bad_file_fails_for_a_reason(description: str) -> None:
    media_type, file, reason = BAD_FILES[description]

    assert await Screener().screen(file(), media_type) == ScreeningFailed(
        reason=FailureReason(reason)
    )


def test_the_bad_files_cover_every_reason_that_content_can_have() -> None:
    not_of_content = {FailureReason.CHANGED_AFTER_UPLOAD}

    assert {reason for _, _, reason in BAD_FILES.values()} == set(FailureReason) - not_of_content


async def test_a_screening_that_times_out_has_no_result() -> None:
    with pytest.raises(ScreeningTimeoutError, match=r"0.001 s"):
        await Screener(timeout_seconds=0.001).screen(pdf(pages=50), PDF)


async def test_a_file_that_crashes_the_process_is_too_complex(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(screener, "COMMAND", ("-c", "import os, signal; os.kill(os.getpid(), 9)"))

    assert await Screener().screen(pdf(), PDF) == ScreeningFailed(reason=FailureReason.TOO_COMPLEX)


def test_the_screening_process_limits_itself() -> None:
    limits = {
        limit: resource.getrlimit(limit)
        for limit in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE)
    }
    program = """
import resource
from vinculo.documents.screening.__main__ import set_limits

set_limits()
for name in ("CPU", "AS", "FSIZE"):
    print(resource.getrlimit(getattr(resource, f"RLIMIT_{name}")))
"""
    printed = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert printed == "(20, 20)\n(1500000000, 1500000000)\n(0, 0)\n"
    assert {limit: resource.getrlimit(limit) for limit in limits} == limits


async def test_a_process_that_cannot_start_is_a_screening_error() -> None:
    with pytest.raises(ScreeningError, match="exit code 1"):
        await Screener().screen(pdf(), "text/plain")


async def test_concurrent_screenings_have_separate_results() -> None:
    busy = Screener(concurrency=2)

    first, second, third = await asyncio.gather(
        busy.screen(pdf(), PDF), busy.screen(b"", PDF), busy.screen(png(), PNG)
    )

    assert first == ScreeningPassed(content=pdf())
    assert second == ScreeningFailed(reason=FailureReason.EMPTY)
    assert isinstance(third, ScreeningPassed)


def test_the_screening_process_loads_nothing_else_of_the_service() -> None:
    program = """
import sys
import vinculo.documents.screening.__main__
import vinculo.documents.screening.images
import vinculo.documents.screening.pdf

print(*(name for name in sys.modules if name.startswith("vinculo.")))
"""
    loaded = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert {name for name in loaded if not name.startswith("vinculo.documents.screening")} == {
        "vinculo.documents"
    }
