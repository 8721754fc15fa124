"""Folders for files on their way to the object store: gone with the export, or with its exporter.

What stands in them is people's data. An exporter that is killed cannot tidy up; its folders are
told by a lock that the system takes from it, and the next one removes them.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PREFIX: Final = "vinculo-export-"
HELD: Final = "held"


@contextmanager
def scratch_directory(within: Path) -> Iterator[Path]:
    with TemporaryDirectory(prefix=PREFIX, dir=within) as name:
        folder = Path(name)
        unheld = folder / "new"
        with unheld.open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            unheld.rename(folder / HELD)  # only now, or somebody could take it for abandoned
            yield folder


def remove_abandoned(within: Path) -> int:
    """Remove the folders of exporters that are no more; give how many there were."""
    removed = 0
    for held in within.glob(f"{PREFIX}*/{HELD}"):
        try:
            with held.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(held.parent)
        except (BlockingIOError, FileNotFoundError, PermissionError):
            continue  # at work, removed meanwhile, or another user's
        removed += 1
    return removed
