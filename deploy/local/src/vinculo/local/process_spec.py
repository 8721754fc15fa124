"""The specification of a child process: command, environment and readiness check."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM, Signals


class NotReadyError(Exception):
    """The process cannot be used yet; the message says what is missing."""


class StartFailedError(Exception):
    """A process could not be started or did not become ready; the message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """A command to run as a child process.

    `ready` raises `NotReadyError` until the process can be used. `wrapper` precedes the whole
    command line; it serves programs that refuse to run as root.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], Awaitable[None]]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    wrapper: Sequence[str] = ()
    stop_signal: Signals = SIGTERM
    start_timeout_seconds: float = 120.0
