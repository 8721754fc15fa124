"""Domains are plain Python at run time: importing one loads no framework, driver or client.

import-linter checks the imports that are written in domain modules. This check imports the modules,
so that it also finds what their own imports load.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

SERVICES: Final = "services/*"
FORBIDDEN: Final = (
    "aiokafka",
    "asyncpg",
    "fastapi",
    "faststream",
    "prometheus_client",
    "pydantic",
    "sqlalchemy",
    "starlette",
)
TIMEOUT_SECONDS: Final = 60
_IMPORT_MODULES: Final = """
import importlib, sys

forbidden, modules = sys.argv[1].split(","), sys.argv[2:]
for module in modules:
    before = set(sys.modules)
    importlib.import_module(module)
    for package in forbidden:
        if package in sys.modules and package not in before:
            print(f"{module} loads {package}")
"""


def domain_import_problems(root: Path) -> list[str]:
    """`module loads package` for each forbidden package, by the first domain module to load it.

    The modules of a service are imported in one new interpreter. A module that cannot be imported
    is a problem, too.
    """
    return [
        problem
        for member in sorted(root.glob(SERVICES))
        if (modules := domain_modules(member / "src"))
        for problem in _import_in_new_interpreter(member, modules)
    ]


def domain_modules(source: Path) -> list[str]:
    """All modules of `vinculo.<service>.domain` in a source folder, in alphabetical order."""
    modules = set()
    for path in source.glob("vinculo/*/domain/**/*.py"):
        parts = path.relative_to(source).with_suffix("").parts
        modules.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(modules)


def _import_in_new_interpreter(member: Path, modules: list[str]) -> list[str]:
    source = str(member.resolve() / "src")
    finished = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-P", "-c", _IMPORT_MODULES, ",".join(FORBIDDEN), *modules],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    problems = finished.stdout.splitlines()
    if finished.returncode:
        error = (finished.stderr.strip().splitlines() or ["no message"])[-1]
        problems.append(f"{member.name}: the domain cannot be imported: {error}")
    return problems
