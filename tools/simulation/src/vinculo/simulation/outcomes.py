"""Counts of expected results, collected during a run and compared with the lists at its end."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Statuses = Counter[tuple[str, str]]
"""Number of people by kind and status."""


@dataclass(kw_only=True)
class Outcomes:
    """Expected results; `with_loans` is the number of customers with an active loan."""

    people: Statuses = field(default_factory=Counter)
    with_loans: int = 0
    mistyped_addresses: int = 0
    registered_twice: int = 0
    repelled_strangers: int = 0
    second_registrations: int = 0
    rejected_files: int = 0
    erased: int = 0
    already_registered: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def count_person(self, kind: str, status: str) -> None:
        self.people[kind, status] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTotals:
    """Totals of the lists at one moment."""

    people: Statuses
    with_loans: int = 0


def status_counts(totals: Mapping[str, Any]) -> Statuses:
    """The counts in a response of `GET /query/v1/totals`."""
    return Counter(
        {
            (kind, status): count
            for kind, statuses in totals["by_status"].items()
            for status, count in statuses.items()
        }
    )


def differences(before: ListTotals, now: ListTotals, outcomes: Outcomes) -> dict[str, str]:
    """Expected results that the lists do not show yet, as `seen/expected`."""
    seen = {
        f"{kind} {status}": now.people[kind, status] - before.people[kind, status]
        for kind, status in before.people.keys() | now.people.keys() | outcomes.people.keys()
    }
    expected = {f"{kind} {status}": count for (kind, status), count in outcomes.people.items()}
    seen["with active loans"] = now.with_loans - before.with_loans
    expected["with active loans"] = outcomes.with_loans
    return {
        what: f"{count}/{expected.get(what, 0)}"
        for what, count in sorted(seen.items())
        if count != expected.get(what, 0)
    }
