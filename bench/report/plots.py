"""Draws the plots from the stored results: `python -m bench.report.plots`."""

from collections.abc import Mapping
from pathlib import Path

import typer

from bench.findings import Finding
from bench.report import results
from bench.report.svg import DotRow, dots, lines

FIGURES = Path("docs/benchmarks.json")
FOLDER = Path("docs/benchmarks")


TITLES = {
    "goals.svg": "Ratio of each round, relative to its goal",
    "growth.svg": "Cost of one page, one append and one exported row",
    "pages.svg": "Latency of list pages with random filters and sorts",
    "searches.svg": "Latency of searches, planned by the service and by MongoDB",
    "export.svg": "Latency of list pages during an export",
}
PAGES = {
    "first page, no filter": ("P4", "first"),
    "random status and loans": ("P4, status", "any"),
    "random dates and requirement too": ("P4", "any"),
}
SEARCHES = {
    "planned by the service": ("P5", "planned"),
    "planned by MongoDB": ("P5", "left to MongoDB"),
}
EXPORT = {
    "alone": ("P8", "alone"),
    "during an export of all people": ("P8", "beside an export"),
}


def draw_plots(figures: Path = FIGURES, folder: Path = FOLDER) -> dict[str, str]:
    """Draw every plot that has data; titles by file name."""
    findings = [finding for row in results.read(figures).findings.values() for finding in row]
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        "goals.svg": goals(findings),
        "growth.svg": growth(findings),
        "pages.svg": latency_tails(findings, PAGES, "P4: any sort and depth, with totals"),
        "searches.svg": latency_tails(findings, SEARCHES, "P5: random searches, filters and sorts"),
        "export.svg": latency_tails(findings, EXPORT, "P8: over HTTP, any list, sort and filter"),
    }
    for name, figure in drawn.items():
        if figure is not None:
            (folder / name).write_text(figure, encoding="utf-8")
    return {name: TITLES[name] for name, figure in drawn.items() if figure is not None}


def goals(findings: list[Finding]) -> str | None:
    """The ratios of all rounds, divided by their goal."""
    rows = []
    for finding in findings:
        ratios, goal = finding.points.get("ratios"), finding.points.get("goal")
        if ratios and goal:
            is_maximum = finding.points.get("most")
            values = [goal[0] / each if is_maximum else each / goal[0] for each in ratios]
            rows.append(DotRow(label=finding.id, values=values, is_met=bool(finding.met)))
    if not rows:
        return None
    return dots("Ratio of each round, relative to its goal", rows, one="goal met →")


def growth(findings: list[Finding]) -> str | None:
    """The cost of one unit by the number of people, relative to the smallest number."""
    series = {
        finding.id.removeprefix("P10, "): [
            (people, cost / finding.points["ms"][0])
            for people, cost in zip(finding.points["people"], finding.points["ms"], strict=True)
        ]
        for finding in findings
        if "people" in finding.points
    }
    if not series:
        return None
    title = "P10: cost of one page, one append, one exported row"
    up = "relative to the smallest number of people"
    return lines(title, series, across="people", up=up)


def latency_tails(
    findings: list[Finding], curves: Mapping[str, tuple[str, str]], title: str
) -> str | None:
    """The share of responses that take longer than a time in milliseconds.

    `curves` are row and series of percentiles, by label.
    """
    rows = {finding.id: finding for finding in findings}
    series = {
        label: [(value, 100 - percent) for percent, value in enumerate(values, 1)]
        for label, (row, name) in curves.items()
        if row in rows and (values := rows[row].points.get(name))
    }
    if not series:
        return None
    return lines(title, series, across="ms", up="% of the pages take longer")


if __name__ == "__main__":
    typer.run(lambda: print(*draw_plots(), sep="\n"))
