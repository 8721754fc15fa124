"""Paths outside this package: files of the checkout, the download cache, binaries in wheels."""

import os
from importlib.metadata import files
from pathlib import Path

from vinculo.local.process_spec import StartFailedError

ROOT = Path(__file__).resolve().parents[5]


def deploy_file(name: str) -> Path:
    """A path below `deploy/`. Raises `StartFailedError` outside a checkout."""
    path = ROOT / "deploy" / name
    if not path.exists():
        raise StartFailedError(f"{path} is missing; run from a complete checkout of the project")
    return path


def cache_directory() -> Path:
    """The user's cache folder, or one in the current folder where that is not writable."""
    xdg_cache = os.environ.get("XDG_CACHE_HOME")
    candidates = [Path(xdg_cache) / "vinculo"] if xdg_cache else []
    home = os.environ.get("HOME")
    if home:
        candidates.append(Path(home) / ".cache" / "vinculo")
    candidates.append(Path.cwd() / ".vinculo" / "cache")
    for candidate in candidates:
        try:
            candidate.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(candidate, os.W_OK):
            return candidate
    raise OSError(f"No cache folder is writable: {', '.join(map(str, candidates))}")


def wheel_binary(distribution: str, path: str) -> Path:
    """The absolute path of an executable in an installed wheel, found without importing it."""
    for file in files(distribution) or []:
        if file.as_posix() == path:
            found = Path(str(file.locate())).resolve()
            if not os.access(found, os.X_OK):
                found.chmod(0o755)
            return found
    raise StartFailedError(
        f"{distribution} is installed without {path}; run make clean, then again"
    )
