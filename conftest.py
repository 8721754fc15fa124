"""Loads the plugin that gives every member's tests the real servers."""

import pytest
import structlog

pytest_plugins = ["vinculo.testing.plugin"]


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001  # as pytest calls it
    """Let logged errors be written plainly: with every variable drawn, one takes seconds."""
    renderer = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])
