"""Scratch directories are removed once their worker is dead."""

from pathlib import Path

from vinculo.query_api.exports.scratch import remove_abandoned, scratch_directory


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


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]
