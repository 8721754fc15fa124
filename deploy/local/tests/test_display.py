"""Startup progress on a terminal and without one."""

import io

from rich.console import Console

from vinculo.local.display import StartDisplay
from vinculo.local.supervisor import StartStep


def test_without_a_terminal_each_step_is_one_line() -> None:
    output = io.StringIO()
    with StartDisplay(Console(file=output, width=100)) as display:
        display.show("kafka", StartStep.STARTING)
        display.show("kafka", StartStep.STARTING, "downloading Kafka, 1 of 46 files")
        display.show("kafka", StartStep.READY)
    assert output.getvalue().splitlines() == ["… kafka starting", "✓ kafka ready"]
