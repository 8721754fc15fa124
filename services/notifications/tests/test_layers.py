"""The layers of the service: imports go down only, and the domain loads no library of the edges."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import grimp
import pytest

PACKAGE: Final = "vinculo.notifications"
LAYERS: Final = (
    {"__main__"},
    {"main"},
    {"settings"},
    {"consumers", "delivery"},
    {"application"},
    {"rendering", "storage"},
    {"domain"},
)
"""The upper ones first; packages of one layer do not import each other."""
EDGE_LIBRARIES: Final = ("sqlalchemy", "asyncpg", "aiokafka", "pydantic", "prometheus_client")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("vinculo", include_external_packages=False, cache_dir=None)


def test_every_package_has_a_layer(graph: grimp.ImportGraph) -> None:
    packages = {child.removeprefix(f"{PACKAGE}.") for child in graph.find_children(PACKAGE)}

    assert packages - {"migrations"} == set().union(*LAYERS)


def test_imports_go_from_upper_layers_to_lower_ones(graph: grimp.ImportGraph) -> None:
    depth = {name: number for number, names in enumerate(LAYERS) for name in names}
    upward = [
        (importer, imported)
        for importer in depth
        for imported in depth
        if importer != imported
        and depth[importer] >= depth[imported]
        and graph.direct_import_exists(
            importer=f"{PACKAGE}.{importer}", imported=f"{PACKAGE}.{imported}", as_packages=True
        )
    ]

    assert upward == []


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("domain", {"vinculo.events"}),
        ("rendering", {"vinculo.privacy", "vinculo.translation", PACKAGE}),
    ],
)
def test_pure_packages_import_few_libraries(
    graph: grimp.ImportGraph, package: str, allowed: set[str]
) -> None:
    own = {name for name in graph.modules if name.startswith(f"{PACKAGE}.{package}.")}
    imported = {name for module in own for name in graph.find_modules_directly_imported_by(module)}

    assert {".".join(name.split(".")[:2]) for name in imported - own} <= allowed


def test_the_domain_loads_no_library_of_the_edges() -> None:
    folder = Path(__file__).parents[1] / "src" / "vinculo" / "notifications" / "domain"
    modules = [f"{PACKAGE}.domain.{file.stem}" for file in sorted(folder.glob("[a-z]*.py"))]
    program = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print([name for name in {EDGE_LIBRARIES!r} if name in sys.modules])"
    )

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert len(modules) == 3
    assert ended.stdout.strip() == "[]"
