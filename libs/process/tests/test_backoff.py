from hypothesis import given
from hypothesis import strategies as st

from vinculo.process import Backoff


def test_delays_double_up_to_the_maximum() -> None:
    backoff = Backoff(initial_seconds=0.5, max_seconds=3, jitter=0)

    assert [backoff.delay_seconds(failures) for failures in range(4)] == [0.5, 1, 2, 3]


@given(failures=st.integers(min_value=0, max_value=10**9))
def test_a_delay_never_exceeds_the_maximum_and_its_jitter(failures: int) -> None:
    backoff = Backoff(initial_seconds=0.1, max_seconds=10, jitter=0.2)

    assert 0.08 <= backoff.delay_seconds(failures) <= 12
