"""What must be known to run one child process: command, surroundings, when it is ready."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, Signals


class NotReadyError(Exception):
    """The process does not answer yet; the text says what is missing."""


class StartFailedError(Exception):
    """A process cannot be started or did not become ready; the text is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command to be run as a child.

    `ready` raises `NotReadyError` until the process can be used. `wrapper` is put before everything
    else, for servers that refuse to run as root.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], Awaitable[None]]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    wrapper: Sequence[str] = ()
    stop_signal: Signals = SIGTERM
    start_timeout_seconds: float = 120.0
