"""The settings of the system that runs natively in this folder, for operators' commands.

`vinculo up` holds a lock on `.vinculo/lock` while any of its processes lives, and writes the
environment of its services to `.vinculo/stack.json`.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

DIRECTORY: Final = ".vinculo"


def adopt_running_stack() -> None:
    """Set the environment variables of the running system's services that are not set yet.

    The system is that of the working directory or of the nearest folder above it; without one
    nothing changes.
    """
    for folder in _folders_upwards():
        if _is_locked(folder / "lock"):
            stored = json.loads((folder / "stack.json").read_text(encoding="utf-8"))
            for name, value in stored["environment"].items():
                os.environ.setdefault(name, value)
            return


def _folders_upwards() -> Iterator[Path]:
    here = Path.cwd()
    return (parent / DIRECTORY for parent in (here, *here.parents))


def _is_locked(path: Path) -> bool:
    """Whether a process holds an flock on the file; False without the file."""
    try:
        with path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
