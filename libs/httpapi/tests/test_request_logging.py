"""Every request is logged and counted by the template of its route, without personal data."""

from collections.abc import Iterator
from uuid import UUID

import httpx2
import pytest

from vinculo.process.testing import LogLines, captured_log_lines

from .api_under_test import caller, things_app


@pytest.fixture
def lines() -> Iterator[LogLines]:
    with captured_log_lines("things") as lines:
        yield lines


async def test_a_request_is_one_log_line_without_path_and_query(lines: LogLines) -> None:
    async with caller(things_app()) as client:
        await client.get("/things/v1/things/canary?limit=5&email=canary@example.com")
        await client.get("/health/live")

    (line,) = [line for line in lines.all() if line["event"] == "request"]
    assert line["route"] == "/things/v1/things/{thing_id}"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["duration_ms"] >= 0
    assert len(line["trace_id"]) == 32
    assert UUID(line["correlation_id"])
    assert "canary" not in lines.text


async def test_a_failure_is_logged_with_the_trace_id_of_the_response(lines: LogLines) -> None:
    async with caller(things_app()) as client:
        trace_id = (await client.get("/things/v1/failures")).json()["trace_id"]

    (fault,) = [line for line in lines.all() if line["event"] == "request-failed"]
    assert fault["trace_id"] == trace_id
    assert fault["error_type"] == "RuntimeError"
    assert "canary" not in lines.text


async def test_refused_values_are_not_logged(lines: LogLines) -> None:
    async with caller(things_app()) as client:
        await client.post("/things/v1/things", json={"name": ["canary"], "canary": "canary"})
        await client.post("/things/v1/things", content=b"canary")

    assert "canary" not in lines.text


async def test_requests_are_counted_by_the_template_of_their_route(
    things: httpx2.AsyncClient,
) -> None:
    await things.get("/things/v1/things/canary?limit=5")
    await things.get("/things/v1/things/canary?limit=5000")
    await things.get("/canary")
    await things.request("CANARY", "/canary")

    metrics = (await things.get("/metrics")).text

    counted = 'http_requests_total{method="GET",route="/things/v1/things/{thing_id}"'
    assert f'{counted},service="things",status="200"}} 1.0' in metrics
    assert f'{counted},service="things",status="422"}} 1.0' in metrics
    assert 'method="OTHER",route="unmatched"' in metrics
    assert "canary" not in metrics.lower()


async def test_two_applications_in_one_process_have_separate_metrics() -> None:
    async with caller(things_app()) as one, caller(things_app()) as other:
        await one.get("/things/v1/meta")

        assert "/things/v1/meta" in (await one.get("/metrics")).text
        assert "/things/v1/meta" not in (await other.get("/metrics")).text


async def test_metrics_of_the_process_are_included(things: httpx2.AsyncClient) -> None:
    response = await things.get("/metrics")

    assert "process_cpu_seconds_total" in response.text
    assert response.headers["content-type"].startswith("text/plain")
