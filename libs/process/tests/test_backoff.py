from hypothesis import given
from hypothesis import strategies as st

from vinculo.process import Backoff, run_with_retries


def test_delays_double_up_to_the_maximum() -> None:
    backoff = Backoff(initial_seconds=0.5, max_seconds=3, jitter=0)

    assert [backoff.delay_seconds(failures) for failures in range(4)] == [0.5, 1, 2, 3]


@given(failures=st.integers(min_value=0, max_value=10**9))
def test_a_delay_never_exceeds_the_maximum_and_its_jitter(failures: int) -> None:
    backoff = Backoff(initial_seconds=0.1, max_seconds=10, jitter=0.2)

    assert 0.08 <= backoff.delay_seconds(failures) <= 12


async def test_work_is_run_again_after_any_error_until_it_returns() -> None:
    errors: list[Exception] = [ConnectionRefusedError(), ValueError("the server is starting")]

    async def work() -> None:
        if errors:
            raise errors.pop()

    await run_with_retries(work, task="tested", backoff=Backoff(initial_seconds=0.001))

    assert errors == []
