"""Checks all distributions that are installed with the services: licences, and what is not shipped.

The product is Apache-2.0; a distribution with a strong copyleft licence would oblige those who
ship an image of it. Development tools and servers (MongoDB, MinIO) are separate programs and not
part of an image.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from email.message import Message
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from tomllib import loads
from typing import Final, cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SHIPPED: Final = ("contracts", "libs/*", "services/*")
NOT_SHIPPED: Final = frozenset({"testing"})
FORBIDDEN: Final = re.compile(
    r"\bA?GPL(?:v?\d|-|\b)|\bSSPL|(?:Affero )?GNU (?:Affero )?General Public|Server Side Public",
    re.IGNORECASE,
)
STATED_ELSEWHERE: Final[Mapping[str, str]] = {"zxcvbn-rs-py": "MIT"}
"""Distributions without a licence in their metadata, with that of their licence file."""

DEVELOPMENT_ONLY: Final[Mapping[str, str]] = {
    "jsoncompat": "compares schemas, in the development group",
    "reportlab": "draws documents of generated people, in tools/simulation",
}
"""Distributions that no service needs any more, with their use."""


def licence_problems(
    root: Path, stated_elsewhere: Mapping[str, str] = STATED_ELSEWHERE
) -> list[str]:
    """One line for each run-time distribution that must not be shipped, or states no licence."""
    problems = []
    for found in run_time_distributions(root):
        if use := DEVELOPMENT_ONLY.get(canonicalize_name(found.name)):
            problems.append(f"{found.name} {found.version}: not to be shipped: {use}")
            continue
        licence = licence_of(cast(Message, found.metadata)) or stated_elsewhere.get(
            canonicalize_name(found.name)
        )
        if licence is None:
            problems.append(f"{found.name} {found.version}: states no licence")
        elif FORBIDDEN.search(licence):
            problems.append(f"{found.name} {found.version}: {licence}")
    return problems


def run_time_distributions(root: Path) -> list[Distribution]:
    """Every third-party distribution that the shipped members need, directly or not."""
    pending = list(_third_party_requirements(root))
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while pending:
        requirement = pending.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key in seen:
            continue
        seen.add(key)
        try:
            found[key[0]] = distribution(requirement.name)
        except PackageNotFoundError:
            continue  # needed on other platforms only, or by an extra that is not installed
        pending += _required_by(found[key[0]], requirement.extras)
    return [found[name] for name in sorted(found)]


def licence_of(metadata: Message) -> str | None:
    """The SPDX expression, else the classifiers, else the first line of the free text."""
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier", ())
        if line.startswith("License")
    ]
    if classifiers:
        return "; ".join(classifiers)
    text = (metadata.get("License") or "").strip()
    return text.splitlines()[0] if text else None


def _third_party_requirements(root: Path) -> Iterator[Requirement]:
    for pattern in SHIPPED:
        for project in root.glob(f"{pattern}/pyproject.toml"):
            if project.parent.name in NOT_SHIPPED:
                continue
            for line in loads(project.read_text("utf-8"))["project"]["dependencies"]:
                requirement = Requirement(line)
                if not requirement.name.startswith("vinculo-"):
                    yield requirement


def _required_by(found: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    environments = [{"extra": extra} for extra in ("", *extras)]
    for line in found.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or any(
            requirement.marker.evaluate(environment) for environment in environments
        ):
            yield requirement
