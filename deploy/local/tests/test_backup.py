"""Folders that are no complete backup are refused before anything is started."""

import json
from pathlib import Path

import pytest

from vinculo.local.backup import BackupError, back_up, read_manifest
from vinculo.local.restore import restore_system
from vinculo.local.state import StackState


def backup_folder(folder: Path) -> Path:
    """A backup of one file, as far as its manifest says."""
    digest = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
    (folder / "onboarding.dump").write_text("foo")
    (folder / "secrets.json").write_text("{}")
    manifest = {"format": 1, "objects": [], "files": {"onboarding.dump": digest}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_an_unchanged_backup_is_read(tmp_path: Path) -> None:
    assert read_manifest(backup_folder(tmp_path))["objects"] == []


def test_a_changed_or_missing_file_is_named(tmp_path: Path) -> None:
    source = backup_folder(tmp_path)
    (source / "onboarding.dump").write_text("bar")
    with pytest.raises(BackupError, match=r"is damaged: onboarding\.dump missing or changed"):
        read_manifest(source)
    (source / "onboarding.dump").unlink()
    with pytest.raises(BackupError, match=r"is damaged: onboarding\.dump missing or changed"):
        read_manifest(source)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not a backup"),
        ("{", "is not a backup"),
        ('{"format": 2}', "has format 2, not 1"),
    ],
)
def test_a_folder_without_a_readable_manifest_is_refused(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)

    with pytest.raises(BackupError, match=message):
        read_manifest(tmp_path)


async def test_a_backup_does_not_go_into_an_existing_folder(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="exists already"):
        await back_up({}, tmp_path)


async def test_a_failed_backup_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        await back_up({}, tmp_path / "backup")

    assert content_of(tmp_path) == []


async def test_a_folder_with_a_system_is_not_restored_into(tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    source = backup_folder(tmp_path / "backup")
    StackState(tmp_path / "system").secret("postgres")

    with pytest.raises(BackupError, match="has a system already"):
        await restore_system(source, tmp_path / "system")


def content_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())
