"""Where downloads that outlive a checkout are kept."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """Give the first of these that can be written: the user's cache folder, one of this folder."""
    given = os.environ.get("XDG_CACHE_HOME")
    candidates = [Path(given) / "vinculo"] if given else []
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
    raise OSError(f"No cache folder can be written: {', '.join(map(str, candidates))}")
