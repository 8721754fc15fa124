"""The shares of lifecycles and the resulting counts."""

from collections import Counter

import pytest

from vinculo.contracts import customer_registry
from vinculo.population.lifecycles import BLOCK_SIZE, LIFECYCLES, expected_counts, lifecycle_of


def test_every_block_contains_each_lifecycle_as_often_as_its_share_says() -> None:
    assert sum(lifecycle.share for lifecycle in LIFECYCLES) == BLOCK_SIZE
    for block in range(3):
        assigned = Counter(lifecycle_of(block * 100 + number, 7) for number in range(100))
        assert assigned == {lifecycle: lifecycle.share for lifecycle in LIFECYCLES}
    assert [lifecycle_of(n, 7) for n in range(100)] != [lifecycle_of(n, 8) for n in range(100)]


@pytest.mark.parametrize("people", [1, 99, 100, 250])
def test_expected_counts_equal_the_assigned_lifecycles(people: int) -> None:
    lifecycles = [lifecycle_of(number, 3) for number in range(people)]
    assert expected_counts(people, 3) == Counter(
        (lifecycle.kind, lifecycle.status) for lifecycle in lifecycles if not lifecycle.is_erased
    )


def test_all_statuses_of_both_kinds_occur() -> None:
    kinds = {
        kind: {s for k, s in expected_counts(100, 1) if k == kind}
        for kind in ("pre_customer", "customer")
    }
    status = customer_registry.Status

    assert kinds["pre_customer"] == set(status) - {status.ENABLED}
    assert kinds["customer"] == set(status) - {status.PENDING_EMAIL_VERIFICATION}
