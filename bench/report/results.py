"""Stored results as JSON, so that rows can be measured one at a time.

Each row has its own circumstances; a new measurement replaces the old one.
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
    """When, where and how a row was measured; `quick` means less work per round."""

    on: date
    machine: str
    versions: Mapping[str, str]
    rounds: int
    quick: bool


@dataclass(slots=True, kw_only=True)
class Results:
    """Findings and circumstances by row."""

    findings: dict[str, list[Finding]] = field(default_factory=dict)
    circumstances: dict[str, Circumstances] = field(default_factory=dict)

    def put(self, row: str, findings: Sequence[Finding], how: Circumstances) -> None:
        self.findings[row] = list(findings)
        self.circumstances[row] = how

    def in_order(self, rows: Sequence[str]) -> list[Finding]:
        return [finding for row in rows for finding in self.findings.get(row, ())]


def machine() -> str:
    return f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"


def read(path: Path) -> Results:
    """Empty results if the file does not exist."""
    results = Results()
    if not path.exists():
        return results
    for row, content in json.loads(path.read_text(encoding="utf-8")).items():
        how = dict(content["circumstances"])
        how["on"] = date.fromisoformat(how["on"])
        findings = [Finding(**finding) for finding in content["findings"]]
        results.put(row, findings, Circumstances(**how))
    return results


def write(results: Results, path: Path) -> None:
    content = {
        row: {
            "circumstances": asdict(how) | {"on": how.on.isoformat()},
            "findings": [_to_json(finding) for finding in results.findings[row]],
        }
        for row, how in results.circumstances.items()
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8")


def _to_json(finding: Finding) -> dict[str, Any]:
    content: dict[str, Any] = asdict(finding)
    content["points"] = {
        name: [float(f"{value:.4g}") for value in values] for name, values in finding.points.items()
    }
    return content
