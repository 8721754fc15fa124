"""The table as a document, with all that is needed to judge it."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import asyncpg
from pymongo import AsyncMongoClient
from rich.table import Table

from bench.findings import NONE, Finding
from bench.report.results import Circumstances, Results
from bench.stage import Stage

PACKAGES = ("aiokafka", "asyncpg", "pymongo", "motor", "SQLAlchemy", "pydantic", "fastapi")
COLUMNS = (
    "id",
    "what",
    "against",
    "measured: median (min to max)",
    "ratio: median (min to max)",
    "goal",
    "met",
)
TEXT = """\
# Benchmarks

Written by `make bench`; not to be edited. What counts are the ratios: everything was measured
against something else, on the same machine, in the same run. Absolute figures stand beside them and
mean nothing elsewhere. The servers, the services and this program share the machine.

{table}

Subject and ceiling took turns, after a round that does not count. A machine is never quiet: figures
of one round differ from the next, so the ratio is taken within each round, between runs that follow
each other, and its median is quoted with the smallest and the largest. A difference smaller than
that range is noise.

{plots}

The figures behind the plots are in [benchmarks.json](benchmarks.json);
`python -m bench.report.plots` draws them.

The payloads of P1 and P2 are about 400 bytes of JSON without a sealed part, and every commit waits
for the disk unless servers were given that do not. P3, P6, P8 and P10 work on people that `vinculo
populate` writes: eighteen events each, up to two of them with a sealed part. In P3 every round asks
the key ring anew. In P7 nothing else runs.

How it was measured:

{measured}
"""
MET = {True: "yes", False: "**no**", None: NONE}


async def versions(stage: Stage) -> dict[str, str]:
    """What was measured on, by name."""
    connection = await asyncpg.connect(stage.addresses.postgres_url)
    try:
        postgres = str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()
    async with AsyncMongoClient[dict[str, object]](stage.addresses.mongo_url) as client:
        mongodb = str((await client.server_info())["version"])
    return {
        "Python": platform.python_version(),
        "PostgreSQL": postgres,
        "MongoDB": mongodb,
        **{package: version(package) for package in PACKAGES},
    }


def document(results: Results, rows: Sequence[str], plots: Mapping[str, str]) -> str:
    """`plots` are titles by the names of the drawn files."""
    table = [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    table += [_line(_cells(finding)) for finding in results.in_order(rows)]
    return TEXT.format(
        measured=_measured(results, rows),
        plots="\n\n".join(f"![{title}](benchmarks/{name})" for name, title in plots.items()),
        table="\n".join(table),
    )


def _measured(results: Results, rows: Sequence[str]) -> str:
    """Rows that were measured alike, together."""
    alike: dict[str, list[str]] = {}
    for row in rows:
        if row in results.circumstances:
            alike.setdefault(_told(results.circumstances[row]), []).append(row)
    return "\n".join(f"- {', '.join(some)}: {how}" for how, some in alike.items())


def _told(how: Circumstances) -> str:
    measured_with = ", ".join(f"{name} {number}" for name, number in how.versions.items())
    work = "with less work per round" if how.quick else "with all the work"
    return f"{how.on:%d %B %Y}, {how.rounds} rounds {work} on {how.machine}, with {measured_with}."


def shown(findings: Sequence[Finding]) -> Table:
    """What fits a terminal; the document says what was measured against what."""
    table = Table("id", "measured", "ratio", "goal", "met")
    for finding in findings:
        met = MET[finding.met].strip("*")
        table.add_row(finding.id, finding.measured, finding.ratio, finding.goal, met)
    return table


def _cells(finding: Finding) -> tuple[str, ...]:
    return (
        finding.id,
        finding.what,
        finding.against,
        finding.measured,
        finding.ratio,
        finding.goal,
        MET[finding.met],
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
