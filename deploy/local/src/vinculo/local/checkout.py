"""Where the files that are shared with compose lie: beside this package, in the same checkout."""

from pathlib import Path

from vinculo.local.program import StartFailedError

ROOT = Path(__file__).resolve().parents[5]


def shared_file(name: str) -> Path:
    """Give a path below `deploy/`; this package is of use only inside a checkout."""
    path = ROOT / "deploy" / name
    if not path.exists():
        raise StartFailedError(f"{path} is missing; run from a complete checkout of the project")
    return path
