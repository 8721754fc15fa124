"""Named points at which tests kill the process, to prove that nothing is lost between two steps."""

import os
import signal

VARIABLE = "VINCULO_CRASH_AT"


def crash_point(name: str) -> None:
    """Kill this process without clean-up if `VINCULO_CRASH_AT` names this point."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
