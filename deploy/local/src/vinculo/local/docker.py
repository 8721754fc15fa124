"""Whether containers can be used here."""

import os
import shutil
import subprocess

ANSWER_SECONDS = 10


def docker_answers() -> bool:
    """Ask the engine; VINCULO_NATIVE=1 says not to."""
    if os.environ.get("VINCULO_NATIVE") == "1" or shutil.which("docker") is None:
        return False
    try:
        asked = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],  # noqa: S607  # the one on PATH
            check=False,
            capture_output=True,
            timeout=ANSWER_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and bool(asked.stdout.strip())
