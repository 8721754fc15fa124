"""What a start reports about itself while it goes on."""

from enum import StrEnum
from typing import Protocol


class Step(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    RESTARTED = "restarted"


class Report(Protocol):
    """Called from the event loop and, while downloading, from other threads."""

    def __call__(self, name: str, step: Step, detail: str = "") -> None: ...


def silent(name: str, step: Step, detail: str = "") -> None:
    del name, step, detail
