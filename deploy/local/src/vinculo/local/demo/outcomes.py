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


def statuses_of(totals: Mapping[str, Any]) -> Statuses:
    """Read `GET /query/v1/totals`."""
    return Counter(
        {
            (kind, status): count
            for kind, statuses in totals["by_status"].items()
            for status, count in statuses.items()
        }
    )


def differences(before: Statuses, now: Statuses, wanted: Statuses) -> dict[str, str]:
    """Where the read model does not show yet what happened, as `seen/wanted`."""
    keys = before.keys() | now.keys() | wanted.keys()
    return {
        f"{kind} {status}": f"{now[kind, status] - before[kind, status]}/{wanted[kind, status]}"
        for kind, status in sorted(keys)
        if now[kind, status] - before[kind, status] != wanted[kind, status]
    }
