"""What counts as the end of a process that loads a slice."""

import os
import sys
from pathlib import Path

import pytest

from vinculo.query_api.projector.checkpoints import TopicPartition
from vinculo.query_api.rebuild.parallel_load import LoadSliceFailedError, load_slices

SLICE = {TopicPartition("topic", 0): 2}
RESULT = '{"quarantined":{},"dead_letters":[]}'


@pytest.fixture
def progress() -> list[int]:
    return []


async def load(
    script: str, progress: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Load a slice by a process that runs this shell script."""
    program = tmp_path / "process"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))

    async def report(read: int, _total: int) -> None:
        progress.append(read)

    await load_slices("2", [SLICE], report)


async def test_a_process_is_done_once_its_result_is_read(
    progress: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "pid"
    script = f"echo $$ > {pid}; echo '{{\"read\":2}}'; echo '{RESULT}'; exec sleep 600"

    await load(script, progress, tmp_path, monkeypatch)

    assert progress == [2]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize("code", [0, 1])
async def test_a_process_that_ends_without_its_result_has_failed(
    code: int, progress: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LoadSliceFailedError, match=f"ended with {code}"):
        await load(f"echo '{{\"read\":1}}'; exit {code}", progress, tmp_path, monkeypatch)

    assert progress == [1]
