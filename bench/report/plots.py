"""The figures beside the table, made from the measured results: `python -m bench.report.plots`."""

from collections.abc import Mapping
from pathlib import Path

import typer

from bench.findings import Finding
from bench.report import results
from bench.report.svg import Dots, dots, lines

FIGURES = Path("docs/benchmarks.json")
FOLDER = Path("docs/benchmarks")


TITLES = {
    "goals.svg": "Each round's ratio, in times of its goal",
    "growth.svg": "What one page, one append and one exported row cost",
    "pages.svg": "Pages of the lists, whatever is asked",
    "searches.svg": "Searches, planned by the service and by MongoDB",
    "export.svg": "Pages of the lists beside an export",
}
PAGES = {
    "first page, no filter": ("P4", "first"),
    "random status and loans": ("P4, status", "any"),
    "random dates and requirement too": ("P4", "any"),
}
SEARCHES = {
    "planned by the service": ("P5", "planned"),
    "left to MongoDB": ("P5", "left to MongoDB"),
}
EXPORT = {
    "alone": ("P8", "alone"),
    "while a file of everybody is written": ("P8", "beside an export"),
}


def draw(figures: Path = FIGURES, folder: Path = FOLDER) -> dict[str, str]:
    """Draw what there are figures for; titles by the drawn file's name."""
    found = [finding for some in results.read(figures).findings.values() for finding in some]
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        "goals.svg": goals(found),
        "growth.svg": growth(found),
        "pages.svg": tails(found, PAGES, "P4: any sort and depth, with totals"),
        "searches.svg": tails(found, SEARCHES, "P5: random searches, filters and sorts"),
        "export.svg": tails(found, EXPORT, "P8: over HTTP, any list, sort and filter"),
    }
    for name, figure in drawn.items():
        if figure is not None:
            (folder / name).write_text(figure, encoding="utf-8")
    return {name: TITLES[name] for name, figure in drawn.items() if figure is not None}


def goals(findings: list[Finding]) -> str | None:
    """Every ratio that has a goal, as so many times the goal; of each, all rounds."""
    rows = []
    for finding in findings:
        ratios, goal = finding.points.get("ratios"), finding.points.get("goal")
        if ratios and goal:
            most = finding.points.get("most")
            values = [goal[0] / each if most else each / goal[0] for each in ratios]
            rows.append(Dots(label=finding.id, values=values, is_met=bool(finding.met)))
    if not rows:
        return None
    return dots("Each round's ratio, in times of its goal", rows, one="met from here on →")


def growth(findings: list[Finding]) -> str | None:
    """What one unit costs as there are more people, in times of its cost with the fewest."""
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
    up = "times of the cost with the fewest people"
    return lines(title, series, across="people", up=up)


def tails(findings: list[Finding], curves: Mapping[str, tuple[str, str]], title: str) -> str | None:
    """Which share of the answers takes longer than so many milliseconds.

    `curves` are rows and names of their percentiles, by what is to be written beside them.
    """
    rows = {finding.id: finding for finding in findings}
    series = {
        label: [(value, 100 - hundredth) for hundredth, value in enumerate(values, 1)]
        for label, (row, name) in curves.items()
        if row in rows and (values := rows[row].points.get(name))
    }
    if not series:
        return None
    return lines(title, series, across="ms", up="% of the pages take longer")


if __name__ == "__main__":
    typer.run(lambda: print(*draw(), sep="\n"))
