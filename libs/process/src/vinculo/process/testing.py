"""For tests: the log lines that a block of code writes."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import structlog

from vinculo.process.logs import configure_logging


class LogLines:
    """What was written so far, as text and as parsed lines."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@contextmanager
def captured_log_lines(service: str) -> Iterator[LogLines]:
    """Configure logging as the service does, capture standard output, and reset both at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    with redirect_stdout(stream):
        configure_logging(service)
        try:
            yield LogLines(stream)
        finally:
            structlog.reset_defaults()
            root.handlers, root.level = handlers, level
            logging.captureWarnings(capture=False)
