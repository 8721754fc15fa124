"""What the system must show in the end, counted while it is driven."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Statuses = Counter[tuple[str, str]]
"""People by kind and status."""


@dataclass(kw_only=True)
class Outcomes:
    """`with_loans` counts customers with at least one active loan."""

    people: Statuses = field(default_factory=Counter)
    with_loans: int = 0
    duplicates_refused: int = 0
    unfit_files: int = 0
    erased: int = 0
    already_registered: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def stands(self, kind: str, status: str) -> None:
        self.people[kind, status] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the lists show at one moment."""

    people: Statuses
    with_loans: int = 0


def statuses_of(totals: Mapping[str, Any]) -> Statuses:
    """Read `GET /query/v1/totals`."""
    return Counter(
        {
            (kind, status): count
            for kind, statuses in totals["by_status"].items()
            for status, count in statuses.items()
        }
    )


def differences(before: Shown, now: Shown, wanted: Outcomes) -> dict[str, str]:
    """Where the read model does not show yet what happened, as `seen/expected`."""
    seen = {
        f"{kind} {status}": now.people[kind, status] - before.people[kind, status]
        for kind, status in before.people.keys() | now.people.keys() | wanted.people.keys()
    }
    expected = {f"{kind} {status}": count for (kind, status), count in wanted.people.items()}
    seen["with active loans"] = now.with_loans - before.with_loans
    expected["with active loans"] = wanted.with_loans
    return {
        what: f"{count}/{expected.get(what, 0)}"
        for what, count in sorted(seen.items())
        if count != expected.get(what, 0)
    }
