import asyncio
import io
import resource
import subprocess
import sys
from collections.abc import AsyncIterator

import pikepdf
import pytest
from PIL import Image

from vinculo.documents.screening import screener as screener_module
from vinculo.documents.screening.criteria import CONTENT_LIMITS, FailureReason
from vinculo.documents.screening.screener import (
    Isolation,
    Screener,
    ScreeningError,
    ScreeningFailed,
    ScreeningPassed,
    ScreeningTimeoutError,
)
from vinculo.process.testing import captured_log_lines

from ..harmless_files import HARMLESS_FILES
from ..hostile_files import HOSTILE_FILES
from ..sample_files import (
    BAD_FILES,
    JPEG,
    PDF,
    PNG,
    pdf,
    png,
)

ALL_HOSTILE = {**BAD_FILES, **HOSTILE_FILES}


@pytest.fixture
async def screener() -> AsyncIterator[Screener]:
    screener = Screener()
    yield screener
    await screener.close()


def test_the_corpus_is_large_enough() -> None:
    assert len(ALL_HOSTILE) >= 60
    assert len(HARMLESS_FILES) >= 40


@pytest.mark.parametrize("description", ALL_HOSTILE)
async def test_a_hostile_file_fails_for_a_reason(screener: Screener, description: str) -> None:
    media_type, file, reason = ALL_HOSTILE[description]

    assert await screener.screen(file(), media_type) == ScreeningFailed(
        reason=FailureReason(reason)
    )


@pytest.mark.parametrize("description", HARMLESS_FILES)
async def test_an_odd_but_harmless_file_passes_and_can_be_opened(
    screener: Screener, description: str
) -> None:
    media_type, file = HARMLESS_FILES[description]

    result = await screener.screen(file(), media_type)

    assert isinstance(result, ScreeningPassed)
    if media_type == PDF:
        with pikepdf.open(io.BytesIO(result.content), attempt_recovery=False) as opened:
            assert not opened.is_encrypted
            assert not opened.attachments
            assert len(opened.pages) == 1
    else:
        with Image.open(io.BytesIO(result.content)) as picture:
            picture.load()
            assert max(picture.size) <= CONTENT_LIMITS.side
        assert await screener.screen(result.content, media_type) == result or media_type == JPEG


def test_the_bad_files_cover_every_reason_that_content_can_have() -> None:
    not_of_content = {
        FailureReason.CHANGED_AFTER_UPLOAD,
        FailureReason.MALWARE,
        FailureReason.SCREENING_FAILED,
        FailureReason.UPLOADS_BLOCKED,
    }

    assert {reason for _, _, reason in ALL_HOSTILE.values()} == set(FailureReason) - not_of_content


async def test_a_screening_that_times_out_has_no_result() -> None:
    with pytest.raises(ScreeningTimeoutError, match=r"0.001 s"):
        await Screener(timeout_seconds=0.001).screen(pdf(pages=50), PDF)


def replaced(change: str) -> tuple[str, ...]:
    """The screening process with something replaced in it."""
    program = f"""
import os, signal, time
import vinculo.documents.screening.__main__ as process
{change}
process.main()
"""
    return ("-c", program)


async def test_a_child_that_crashes_makes_the_file_too_complex_and_the_process_goes_on(
    screener: Screener, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = "process.sanitized_pdf = lambda _: os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(screener_module, "COMMAND", replaced(crash))

    assert await screener.screen(pdf(), PDF) == ScreeningFailed(reason=FailureReason.TOO_COMPLEX)
    assert isinstance(await screener.screen(png(), PNG), ScreeningPassed)


async def test_a_process_that_dies_is_replaced(
    screener: Screener, monkeypatch: pytest.MonkeyPatch
) -> None:
    death = "process.response_of_child = lambda *_: os._exit(1)"
    with monkeypatch.context() as patched:
        patched.setattr(screener_module, "COMMAND", replaced(death))
        with pytest.raises(ScreeningError, match="ended"):
            await screener.screen(pdf(), PDF)

    assert await screener.screen(pdf(), PDF) == ScreeningPassed(content=pdf())


async def test_a_process_is_replaced_after_many_files(
    screener: Screener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screener_module, "FILES_PER_PROCESS", 2)
    process_id = "process.screened = lambda *_: str(os.getppid()).encode()"
    monkeypatch.setattr(screener_module, "COMMAND", replaced(process_id))

    first, second, third = [await screener.screen(pdf(), PDF) for _ in range(3)]

    assert first == second != third


@pytest.mark.parametrize("isolation", Isolation)
async def test_required_isolation_refuses_a_machine_without_it(
    isolation: Isolation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screener_module, "COMMAND", replaced("process.isolate = lambda: False"))
    screener = Screener(isolation=isolation)
    try:
        if isolation is Isolation.REQUIRED:
            with pytest.raises(ScreeningError, match="network namespace"):
                await screener.check()
        else:
            with captured_log_lines("documents") as lines:
                await screener.check()
                assert isinstance(await screener.screen(pdf(), PDF), ScreeningPassed)
            assert [line["event"] for line in lines.all()] == ["screening-not-isolated"]
    finally:
        await screener.close()


async def test_a_file_cannot_see_the_environment_of_the_service(
    screener: Screener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VINCULO_HASH_KEY", "secret")
    environment = "process.screened = lambda *_: repr(dict(os.environ)).encode()"
    monkeypatch.setattr(screener_module, "COMMAND", replaced(environment))

    result = await screener.screen(pdf(), PDF)

    assert isinstance(result, ScreeningPassed)
    assert b"secret" not in result.content


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


async def test_a_process_that_cannot_start_is_a_screening_error(
    screener: Screener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screener_module, "COMMAND", ("-c", "raise SystemExit('no parser')"))

    with pytest.raises(ScreeningError, match="exit code 1: no parser"):
        await screener.screen(pdf(), PDF)


async def test_concurrent_screenings_have_separate_results() -> None:
    busy = Screener(concurrency=2)

    first, second, third = await asyncio.gather(
        busy.screen(pdf(), PDF), busy.screen(b"", PDF), busy.screen(png(), PNG)
    )

    assert first == ScreeningPassed(content=pdf())
    assert second == ScreeningFailed(reason=FailureReason.EMPTY)
    assert isinstance(third, ScreeningPassed)
    await busy.close()


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
