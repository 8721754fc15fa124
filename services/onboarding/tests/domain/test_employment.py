"""The payroll capacity."""

import pytest

from vinculo.onboarding.domain.employment import indicative_capacity_cents


@pytest.mark.parametrize(
    ("salary", "deductions", "percent", "capacity"),
    [
        (100, [], 50, 50),
        (101, [], 50, 50),
        (100, [20, 30], 50, 0),
        (100, [60], 50, 0),
        (10**15, [], 100, 10**15),
        (100, [], 0, 0),
    ],
)
def test_a_capacity_is_rounded_down_and_never_negative(
    salary: int, deductions: list[int], percent: int, capacity: int
) -> None:
    assert indicative_capacity_cents(salary, deductions, percent) == capacity
