"""Scratch directories are removed once their worker is dead."""

import os
from pathlib import Path
from typing import Any

import pytest

from vinculo.query_api.exports import worker
from vinculo.query_api.exports.scratch import remove_abandoned, scratch_directory
from vinculo.testing.storage import S3

from ..query_service import settings_for


def test_a_locked_directory_is_kept(tmp_path: Path) -> None:
    with scratch_directory(tmp_path) as folder:
        (folder / "rows").write_bytes(b"Ana")
        assert remove_abandoned(tmp_path) == 0
        assert folder.parent == tmp_path
        assert (folder / "rows").exists()

    assert names_in(tmp_path) == []


def test_a_directory_without_a_lock_is_removed(tmp_path: Path) -> None:
    abandoned = tmp_path / "vinculo-export-of-a-killed-worker"
    abandoned.mkdir()
    (abandoned / "held").touch()
    (abandoned / "rows").write_bytes(b"Ana")
    (tmp_path / "another-program").mkdir()

    assert remove_abandoned(tmp_path) == 1
    assert names_in(tmp_path) == ["another-program"]


def test_libraries_have_their_temporary_files_in_the_exporters_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def run(_: Any) -> None:
        seen.append(os.environ["TMPDIR"])

    monkeypatch.setenv("TMPDIR", "/elsewhere")
    monkeypatch.setattr(worker, "run_until_signal", run)
    monkeypatch.setattr(worker, "configure_logging", lambda _: None)
    s3 = S3(url="http://127.0.0.1:9000", access_key="key", secret_key="secret", bucket="exports")
    settings = settings_for("mongodb://127.0.0.1/query", s3, query_exports_folder=tmp_path)
    worker.run_exporter(settings, "127.0.0.1", 0)

    assert seen == [str(tmp_path)]


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]
