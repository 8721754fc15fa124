"""Each member declares exactly those of our members that its code imports.

deptry cannot see this: all members share one namespace.
"""

import tomllib
from pathlib import Path

import grimp
import pytest

from vinculo.local.paths import ROOT

MEMBERS = {
    project.parent.name: project
    for pattern in ("contracts", "libs/*", "services/*", "tools/*", "deploy/local")
    for project in ROOT.glob(f"{pattern}/pyproject.toml")
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("vinculo", cache_dir=None)


def declared(project: Path) -> set[str]:
    content = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    optional = content.get("optional-dependencies", {}).values()
    named = [*content["dependencies"], *(name for group in optional for name in group)]
    return {name.removeprefix("vinculo-") for name in named if name.startswith("vinculo-")}


def imported(member: str, graph: grimp.ImportGraph) -> set[str]:
    package = f"vinculo.{member.replace('-', '_')}"
    modules = {package, *graph.find_descendants(package)}
    targets = {
        target for module in modules for target in graph.find_modules_directly_imported_by(module)
    }
    names = {target.split(".")[1].replace("_", "-") for target in targets if "." in target}
    return names - {member}


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_declares_what_it_imports(member: str, graph: grimp.ImportGraph) -> None:
    assert declared(MEMBERS[member]) == imported(member, graph)


@pytest.mark.parametrize("member", MEMBERS)
def test_our_own_members_are_workspace_sources(member: str) -> None:
    content = tomllib.loads(MEMBERS[member].read_text(encoding="utf-8"))
    sources = content.get("tool", {}).get("uv", {}).get("sources", {})
    assert {f"vinculo-{name}" for name in declared(MEMBERS[member])} <= sources.keys()
    assert all(source == {"workspace": True} for source in sources.values())
