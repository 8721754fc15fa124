import asyncio

from .api_under_test import caller, things_app


async def passing() -> None:
    pass


async def failing() -> None:
    raise ConnectionRefusedError("no database")


async def never_ending() -> None:
    await asyncio.sleep(60)


async def test_a_process_is_live_even_if_a_check_fails() -> None:
    async with caller(things_app(readiness={"database": failing})) as client:
        response = await client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "live"})


async def test_a_process_is_ready_if_all_checks_pass() -> None:
    async with caller(things_app(readiness={"database": passing, "kafka": passing})) as client:
        response = await client.get("/health/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


async def test_failed_checks_are_named() -> None:
    checks = {"database": passing, "kafka": failing, "keyring": failing}
    async with caller(things_app(readiness=checks)) as client:
        response = await client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["type"] == "urn:vinculo:problem:not-ready"
    assert response.json()["missing"] == ["kafka", "keyring"]
    assert "no database" not in response.text


async def test_a_check_that_does_not_finish_has_failed() -> None:
    async with caller(
        things_app(readiness={"kafka": never_ending, "mongo": never_ending})
    ) as client:
        response = await client.get("/health/ready")

    assert response.json()["missing"] == ["kafka", "mongo"]
