"""Scratch directories for files that are about to be uploaded.

They contain personal data. A worker that is killed cannot remove its directory; the operating
system releases the worker's lock on it, and the next worker removes directories without a lock.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PREFIX: Final = "vinculo-export-"
LOCK_FILE: Final = "held"


@contextmanager
def scratch_directory(parent: Path) -> Iterator[Path]:
    """A locked directory, removed at the end."""
    with TemporaryDirectory(prefix=PREFIX, dir=parent) as name:
        directory = Path(name)
        unlocked = directory / "new"
        with unlocked.open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Named only when it is locked, or another worker could take it for abandoned.
            unlocked.rename(directory / LOCK_FILE)
            yield directory


def remove_abandoned(parent: Path) -> int:
    """Remove the directories of dead workers; return their number."""
    removed = 0
    for lock_file in parent.glob(f"{PREFIX}*/{LOCK_FILE}"):
        try:
            with lock_file.open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock_file.parent)
        except (BlockingIOError, FileNotFoundError, PermissionError):
            continue  # in use, removed meanwhile, or another user's
        removed += 1
    return removed
