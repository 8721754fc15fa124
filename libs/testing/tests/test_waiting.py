import pytest

from vinculo.testing import eventually


async def test_the_first_truthy_result_is_returned() -> None:
    results = iter([0, None, "", 7])

    assert await eventually(lambda: next(results)) == 7


async def test_a_coroutine_is_awaited_and_its_assertions_are_retried() -> None:
    attempts = 0

    async def check() -> int:
        nonlocal attempts
        attempts += 1
        assert attempts > 2
        return attempts

    assert await eventually(check) == 3


async def test_the_last_result_or_assertion_is_reported_after_the_timeout() -> None:
    def fails() -> bool:
        raise AssertionError("not yet")

    with pytest.raises(AssertionError, match="last result: 0"):
        await eventually(lambda: 0, timeout=0)
    with pytest.raises(AssertionError, match="not yet"):
        await eventually(fails, timeout=0)


async def test_another_exception_is_raised_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        await eventually(lambda: 1 / 0)
