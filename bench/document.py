"""The table as a document, with all that is needed to judge it."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

import asyncpg
from pymongo import AsyncMongoClient
from rich.table import Table

from .findings import NONE, Finding
from .stage import Sizes, Stage

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
mean nothing elsewhere.

Measured on {now:%d %B %Y} with {machine} that the servers, the services
and this program share. {measured_with}.

Subject and ceiling took turns, {rounds} times each after a round that does not count. A machine is
never quiet: figures of one round differ from the next, so the ratio is taken within each round,
between runs that follow each other, and its median is quoted with the smallest and the largest. A
difference smaller than that range is noise.

{table}

The payloads of P1 and P2 are about 400 bytes of JSON without a sealed part, and every commit waits
for the disk unless servers were given that do not. In P3 a person has ten events, two of them with
a sealed part, and every round asks the key ring anew. In P7 nothing else runs.
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


def document(
    findings: Sequence[Finding], used: Mapping[str, str], sizes: Sizes, now: datetime
) -> str:
    table = [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    table += [_line(_cells(finding)) for finding in findings]
    measured_with = ", ".join(f"{name} {number}" for name, number in used.items())
    machine = f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"
    return TEXT.format(
        now=now,
        machine=machine,
        measured_with=measured_with,
        rounds=sizes.rounds,
        table="\n".join(table),
    )


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
