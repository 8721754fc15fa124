"""What was measured, kept as figures beside the table: rows can be measured one at a time.

Each row says when it was measured and with what; a new measurement takes its place.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bench.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """`quick` with less work per round."""

    on: date
    machine: str
    versions: Mapping[str, str]
    rounds: int
    quick: bool


@dataclass(slots=True, kw_only=True)
class Results:
    """Findings by row, and how each row was measured."""

    findings: dict[str, list[Finding]] = field(default_factory=dict)
    circumstances: dict[str, Circumstances] = field(default_factory=dict)

    def put(self, row: str, findings: Sequence[Finding], how: Circumstances) -> None:
        self.findings[row] = list(findings)
        self.circumstances[row] = how

    def in_order(self, rows: Sequence[str]) -> list[Finding]:
        return [finding for row in rows for finding in self.findings.get(row, ())]


def machine() -> str:
    return f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"


def read(place: Path) -> Results:
    """Nothing where there is no file yet."""
    results = Results()
    if not place.exists():
        return results
    for row, told in json.loads(place.read_text(encoding="utf-8")).items():
        how = dict(told["circumstances"])
        how["on"] = date.fromisoformat(how["on"])
        findings = [Finding(**finding) for finding in told["findings"]]
        results.put(row, findings, Circumstances(**how))
    return results


def write(results: Results, place: Path) -> None:
    told = {
        row: {
            "circumstances": asdict(how) | {"on": how.on.isoformat()},
            "findings": [_told(finding) for finding in results.findings[row]],
        }
        for row, how in results.circumstances.items()
    }
    text = json.dumps(told, ensure_ascii=False, indent=1)
    place.write_text(f"{text}\n", encoding="utf-8")


def _told(finding: Finding) -> dict[str, Any]:
    told: dict[str, Any] = asdict(finding)
    told["points"] = {
        name: [float(f"{value:.4g}") for value in values] for name, values in finding.points.items()
    }
    return told
