"""Expected results compared with the totals of the lists."""

import pytest

from vinculo.simulation.outcomes import ListTotals, Outcomes, differences, status_counts


@pytest.mark.parametrize(
    ("now", "with_loans", "missing"),
    [
        ({"customer": {"enabled": 3}}, 5, {}),
        ({"customer": {"enabled": 2}}, 5, {"customer enabled": "1/2"}),
        ({"customer": {"enabled": 3, "blocked": 1}}, 5, {"customer blocked": "1/0"}),
        ({"customer": {"enabled": 3}}, 4, {"with active loans": "0/1"}),
    ],
)
def test_missing_results_are_listed_with_seen_and_expected_counts(
    now: dict[str, dict[str, int]], with_loans: int, missing: dict[str, str]
) -> None:
    before = ListTotals(
        people=status_counts({"by_status": {"customer": {"enabled": 1}}}), with_loans=4
    )
    seen = ListTotals(people=status_counts({"by_status": now}), with_loans=with_loans)
    outcomes = Outcomes(with_loans=1)
    outcomes.count_person("customer", "enabled")
    outcomes.count_person("customer", "enabled")

    assert differences(before, seen, outcomes) == missing
