"""What the images install: wheels of every member, and exactly the packages that these need."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vinculo.local.paths import ROOT
from vinculo.local.settings import ALLOCATOR

UV = Path(sys.executable).with_name("uv")
IMAGES = ROOT / "deploy/images/services"
IMAGE = (IMAGES / "Dockerfile").read_text(encoding="utf-8")
MEMBERS = [
    ROOT / "contracts",
    *(path.parent for path in sorted(ROOT.glob("libs/*/pyproject.toml"))),
    *(path.parent for path in sorted(ROOT.glob("services/*/pyproject.toml"))),
]
NOT_IN_IMAGES = {"testing"}
ALEMBIC = {"migrations", "alembic_environment"}  # imported by Alembic alone
INSTALLED = [member for member in MEMBERS if member.name not in NOT_IN_IMAGES]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels of the members, built and installed as in the Dockerfile."""
    folder = tmp_path_factory.mktemp("members")
    for member in INSTALLED:
        _run(UV, "build", "--quiet", "--wheel", "--offline", "--out-dir", folder / "wheels", member)
    wheels = sorted((folder / "wheels").glob("*.whl"))
    assert len(wheels) == len(INSTALLED)
    offline = ["--quiet", "--no-deps", "--no-index", "--python", sys.executable]
    _run(UV, "pip", "install", *offline, "--target", folder / "packages", *wheels)
    return folder / "packages"


def test_every_module_of_the_wheels_is_imported_without_the_checkout(installed: Path) -> None:
    """`-S` leaves out the paths into the checkout that editable installs add."""
    modules = sorted(
        ".".join(path.relative_to(installed).with_suffix("").parts).removesuffix(".__init__")
        for path in (installed / "vinculo").rglob("*.py")
        if path.name != "__main__.py" and not ALEMBIC & set(path.parts)
    )
    assert len(modules) > 400
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    module = importlib.import_module(name)\n"
        f"    assert module.__file__.startswith({str(installed)!r}), module.__file__\n"
    )
    paths = os.pathsep.join([str(installed), sysconfig.get_path("purelib")])
    _run(sys.executable, "-S", "-P", "-c", script, *modules, PYTHONPATH=paths, PATH="/nowhere")


def test_processes_of_the_image_allocate_memory_as_those_of_the_native_stack() -> None:
    (runtime,) = re.findall(r"^FROM .* AS runtime$.*", IMAGE, re.MULTILINE | re.DOTALL)

    assert {f"{name}={value}" for name, value in ALLOCATOR.items()} <= set(runtime.split())


def test_the_wheels_have_every_file_of_the_sources(installed: Path) -> None:
    sources = {
        path.relative_to(member / "src")
        for member in INSTALLED
        for path in (member / "src").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(sources) > 500
    assert {each for each in sources if not (installed / each).exists()} == set()


def test_the_build_leaves_out_the_tests_and_their_plugin() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "**"
    assert {"libs/testing", "**/tests", "**/__pycache__"} <= set(ignored)


@pytest.mark.parametrize("name", ["build", "demo", "services"])
def test_a_lock_of_an_image_is_a_part_of_the_lock(name: str) -> None:
    """With the same versions and hashes; `make lock` writes both."""
    whole = locked(ROOT / "requirements.lock")
    part = locked(IMAGES / f"{name}.lock")
    assert part
    assert {package: each for package, each in part.items() if whole.get(package) != each} == {}


@pytest.mark.parametrize(
    ("name", "members"),
    [("services", INSTALLED), ("demo", [ROOT / "tools/simulation"])],
)
def test_a_lock_of_an_image_has_every_package_that_its_members_need(
    name: str, members: list[Path]
) -> None:
    projects = [
        tomllib.loads((member / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for member in members
    ]
    needed = closure([Requirement(each) for one in projects for each in one["dependencies"]])
    assert needed - locked(IMAGES / f"{name}.lock").keys() == set()


def locked(path: Path) -> dict[str, set[str]]:
    """Version and hashes of each package in a lock."""
    text = path.read_text(encoding="utf-8")
    return {
        canonicalize_name(name): {version, *re.findall(r"sha256:\w+", hashes)}
        for name, version, hashes in re.findall(
            r"^([\w.-]+)==([^\s;]+)(.*(?:\n    .*)*)", text, re.MULTILINE
        )
    }


def closure(todo: list[Requirement]) -> set[str]:
    """The packages that requirements need on this platform, without members."""
    seen: set[tuple[str, str]] = set()
    while todo:
        requirement = todo.pop()
        for extra in {"", *requirement.extras}:
            key = (canonicalize_name(requirement.name), extra)
            if key not in seen:
                seen.add(key)
                each = [Requirement(text) for text in requires(requirement.name) or ()]
                todo += [
                    one for one in each if not one.marker or one.marker.evaluate({"extra": extra})
                ]
    return {name for name, _ in seen if not name.startswith("vinculo-")}


def test_the_image_keeps_the_locales_of_the_translations() -> None:
    """`slim.sh` removes the others, so a further language is named there, too."""
    kept = re.search(r'^LOCALES="(.*)"$', (IMAGES / "slim.sh").read_text("utf-8"), re.MULTILINE)
    translated = {
        path.stem if path.parent.name != "LC_MESSAGES" else path.parents[1].name
        for folder in ("libs", "services")
        for path in (ROOT / folder).glob("*/src/**/*.po")
    }
    assert kept is not None
    assert {each.partition("_")[0] for each in translated} == set(kept[1].split())


def _run(*command: object, **environment: str) -> None:
    result = subprocess.run(  # noqa: S603  # our own commands
        [str(each) for each in command],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd="/",
    )
    assert result.returncode == 0, result.stderr
