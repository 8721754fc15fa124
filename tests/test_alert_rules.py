"""Alert rules notice the first event: their counters are exported before it.

`increase` ignores the first value of a series, so a counter that appears with it raises no alert.
"""

import re

from prometheus_client.parser import text_string_to_metric_families

from vinculo.local.paths import ROOT

from .leak_sources import metrics_of
from .system_harness import SystemHarness

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
INCREASE = re.compile(r"increase\((\w+)")


async def test_every_counter_of_a_rule_has_a_series(harness: SystemHarness) -> None:
    counters = set(INCREASE.findall(ALERTS.read_text(encoding="utf-8")))
    assert counters

    exported: set[str] = set()
    without_series = []
    for process, text in await metrics_of(harness.system):
        for family in text_string_to_metric_families(text):
            counter = f"{family.name}_total"
            if counter in counters:
                exported.add(counter)
                if not family.samples:
                    without_series.append((process, counter))
    assert exported == counters
    assert without_series == []
